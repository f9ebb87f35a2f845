import { bold, cyan, dim, setColorEnabled } from "@std/fmt/colors";

// Whether to colour is decided here alone.
setColorEnabled(true);

/** How text for a person is laid out. */
export interface Style {
  /** Characters of a line. */
  width: number;
  color: boolean;
}

/** For what is no terminal: a file, a pipe, a document. */
export const PLAIN: Style = { width: 100, color: false };

export const heading = (text: string, { color }: Style): string => color ? bold(text) : text;
export const name = (text: string, { color }: Style): string => color ? cyan(text) : text;
export const aside = (text: string, { color }: Style): string => color ? dim(text) : text;

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
