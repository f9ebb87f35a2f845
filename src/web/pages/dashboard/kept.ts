/** What this browser has kept under a name; undefined where it has nothing, or keeps nothing. */
export function kept(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a text under a name for the next time. */
export function keep(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    // It is kept for as long as the page is open.
  }
}
