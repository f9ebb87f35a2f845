/** Bytes that a file of certificates may have: a bundle of all public CAs has a quarter of it. */
export const MAX_BYTES = 1_000_000;

/** A file that a setting names. It has its text once `openFiles` has read it, and follows what is on the disk from then on. */
export class NamedFile {
  #text: string | undefined;

  /**
   * @param path as the setting has it
   * @param check throws a RangeError that completes "must be …" for a text that cannot be used
   */
  constructor(readonly path: string, readonly check: (text: string) => void) {}

  /** What was last read and could be used. */
  get text(): string {
    if (this.#text === undefined) throw new Error(`${this.path} was not opened`);
    return this.#text;
  }

  /**
   * Takes what was read.
   *
   * @throws {RangeError} when it cannot be used; the former text is kept then.
   */
  take(text: string): void {
    this.check(text);
    this.#text = text;
  }
}
