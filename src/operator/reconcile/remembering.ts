/**
 * Remembers the last answers of a function that depends on its texts alone: passes over the same Secrets ask the same again
 * and again.
 *
 * @param most answers that are kept, the oldest go first
 */
export function remembering<Texts extends readonly (string | undefined)[], Answer>(
  work: (...texts: Texts) => Answer,
  most = 16,
): (...texts: Texts) => Answer {
  const known = new Map<string, Answer>();
  return (...texts) => {
    const key = JSON.stringify(texts);
    if (known.has(key)) return known.get(key)!;
    const answer = work(...texts);
    for (const oldest of known.keys()) {
      if (known.size < most) break;
      known.delete(oldest);
    }
    known.set(key, answer);
    return answer;
  };
}
