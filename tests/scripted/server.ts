import { joined, Reader } from "./bytes.ts";

/** A server on a port of loopback that reads frames, and ends with its test. */
export abstract class ScriptedServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #peers = new Set<Deno.Conn>();
  readonly #stop = new AbortController();
  readonly #serving: Promise<void>;
  /** Connections so far. */
  connections = 0;

  /** @param header bytes before a frame's body, the last four of which are its length */
  constructor(readonly header: number) {
    this.#serving = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Answers one frame; resolves to whether the connection goes on. */
  protected abstract answer(peer: Deno.Conn, header: Uint8Array, body: Uint8Array): Promise<boolean>;

  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#stop.signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#stop.signal.addEventListener("abort", done);
      if (this.#stop.signal.aborted) done();
    });

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    try {
      for await (const peer of this.#listener) {
        this.connections++;
        this.#peers.add(peer);
        serving.push(this.#serve(peer));
      }
    } catch {
      // Closed.
    }
    await Promise.all(serving);
  }

  async #serve(peer: Deno.Conn): Promise<void> {
    try {
      let held: Uint8Array<ArrayBuffer> = new Uint8Array(0);
      const chunk = new Uint8Array(65_536);
      const fill = async (wanted: number) => {
        while (held.length < wanted) {
          const count = await peer.read(chunk);
          if (count === null) return false;
          held = joined([held, chunk.subarray(0, count)]);
        }
        return true;
      };
      while (await fill(this.header)) {
        const header = held.slice(0, this.header);
        const length = new Reader(header.subarray(-4)).int(4);
        if (!await fill(this.header + length)) break;
        const body = held.slice(this.header, this.header + length);
        held = held.slice(this.header + length);
        if (!await this.answer(peer, header, body)) break;
      }
    } catch (error) {
      const gone = error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
        error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset;
      if (!gone) throw error;
    } finally {
      this.#close(peer);
    }
  }

  #close(peer: Deno.Conn): void {
    if (!this.#peers.delete(peer)) return;
    try {
      peer.close();
    } catch {
      // By the client.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#listener.close();
    for (const peer of this.#peers) this.#close(peer);
    await this.#serving;
  }
}
