import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** The known word that a mistyped one most likely stands for; undefined when none is near. */
export function similar(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // A third of the letters may be wrong, and one at least.
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const each of known) {
    const distance = levenshteinDistance(word.toLowerCase(), each.toLowerCase());
    if (distance < least) [best, least] = [each, distance];
  }
  return best;
}

/** The question behind an error, such as `; did you mean setup?`; empty when no word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = similar(word, known);
  return near === undefined ? "" : `; did you mean ${near}?`;
}
