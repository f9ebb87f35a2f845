import { styleText } from "node:util";

/** How text for a person is laid out. */
export interface Style {
  /** Characters of a line. */
  width: number;
  color: boolean;
}

/** For what is no terminal: a file, a pipe, a document. */
export const PLAIN: Style = { width: 100, color: false };

// Whether to colour is decided below, and by nobody else.
const styled = (style: "bold" | "cyan" | "dim") => (text: string, { color }: Style): string =>
  color ? styleText(style, text, { validateStream: false }) : text;

export const heading = styled("bold");
export const name = styled("cyan");
export const aside = styled("dim");

/** Breaks a text into lines of at most `width` characters, at blanks; a longer word stays whole. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Whether to colour, by `--color`, by NO_COLOR (https://no-color.org) and by where the text goes. */
export function isColored(
  wish: "auto" | "always" | "never",
  { noColor, terminal }: { noColor: boolean; terminal: boolean },
): boolean {
  return wish === "always" || (wish === "auto" && terminal && !noColor);
}
