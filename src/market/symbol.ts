/** Longest symbol, in UTF-16 units. */
export const MAX_SYMBOL_LENGTH = 64;

/**
 * Control characters; format characters, which make a name look like another one (U+202E, U+200B) or part what is one; line ends;
 * characters of private use, which mean nothing to others; and halves of surrogate pairs, which UTF-8 cannot carry: all of
 * them would be written as U+FFFD, and different symbols would become one. Unassigned characters are no part of it: which
 * they are depends on the runtime's version of Unicode, and a message must be judged alike by all.
 */
const UNFIT = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

/** Whether a text has a character that no symbol, and no condition code, may have. */
export function hasUnfitCharacters(text: string): boolean {
  // Nearly all are of ASCII, and this runs for every trade.
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e) return UNFIT.test(text);
  }
  return false;
}

/**
 * What keeps a text from being a symbol, in a few words; undefined when nothing does. Spaces are good within it
 * (`IC MARKETS:1`), and so are letters of every alphabet; upper and lower case are different.
 */
export function symbolFault(symbol: string): string | undefined {
  if (symbol.length === 0) return "empty symbol";
  if (symbol.length > MAX_SYMBOL_LENGTH) return `symbol longer than ${MAX_SYMBOL_LENGTH} characters`;
  if (hasUnfitCharacters(symbol)) return "control or format character in the symbol";
  if (symbol.charCodeAt(0) <= 0x20 && symbol.trim() === "") return "blank symbol";
  return undefined;
}
