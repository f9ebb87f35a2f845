export interface LineSinkOptions {
  /** Writes some of the bytes and resolves to how many, as a file does. */
  write(bytes: Uint8Array): Promise<number>;
  /** Bytes that may wait while whoever reads them is slow. Default 1 MiB. */
  maxBytes?: number;
}

/**
 * Where log lines go. A full disk, a closed pipe and a reader that hangs cost lines, which are counted, and neither time nor the
 * process: writing is not waited for, and what fails is dropped.
 */
export class LineSink {
  readonly #maxBytes: number;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> | undefined;
  #dropped = 0;
  #untold = 0;

  constructor(readonly options: LineSinkOptions) {
    this.#maxBytes = options.maxBytes ?? 1_048_576;
  }

  /** Lines that were not written. */
  get dropped(): number {
    return this.#dropped;
  }

  add(line: string): void {
    const bytes = new TextEncoder().encode(`${line}\n`);
    if (this.#bytes + bytes.length > this.#maxBytes) return this.#drop();
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#writing ??= this.#write();
  }

  /** Resolves when nothing waits any more; never rejects. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(): Promise<void> {
    for (let line = this.#waiting.shift(); line; line = this.#waiting.shift()) {
      try {
        await this.#writeAll(line);
        this.#tell();
      } catch {
        this.#drop();
      }
      this.#bytes -= line.length;
    }
    // Synchronously: a line that comes before a promise settles would wait for the one after it.
    this.#writing = undefined;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.options.write(bytes.subarray(at));
  }

  #drop(): void {
    this.#dropped++;
    this.#untold++;
  }

  /** Lines can be written again: says how many could not. */
  #tell(): void {
    const lost = this.#untold;
    if (lost === 0) return;
    this.#untold = 0;
    const text = `finnhub-pipe: ${lost} log lines were dropped: they could not be written\n`;
    this.#waiting.unshift(new TextEncoder().encode(text));
    this.#bytes += text.length;
  }
}
