/** Control and format characters, line and paragraph separators: a terminal obeys some, and others turn text around. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text with what a reader cannot see escaped, as in `\u202e`, which is valid in JSON too. Line ends and tabs stay, for texts of
 * several lines.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    if (character === "\n" || character === "\t") return character;
    return character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join(
      "",
    );
  });
}
