/** Whom to trust, and who one is, both as PEM. */
export interface Trust {
  ca: string;
  client?: { cert: string; key: string } | undefined;
}

/** A request-and-answer connection to a server under test. Every call has a deadline. */
export class Exchange implements Disposable {
  #connection: Deno.TcpConn | Deno.TlsConn;
  #buffer = new Uint8Array(0);

  private constructor(connection: Deno.TcpConn | Deno.TlsConn) {
    this.#connection = connection;
  }

  /** @param trust for TLS; plain TCP when undefined */
  static async open(hostname: string, port: number, trust?: Trust): Promise<Exchange> {
    const address = { hostname, port };
    if (!trust) return new Exchange(await Deno.connect(address));
    return new Exchange(await Deno.connectTls({ ...address, ...trust.client, caCerts: [trust.ca] }));
  }

  /** Writes all bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#connection.write(bytes.subarray(sent));
  }

  /**
   * Reads exactly `count` bytes, or with no count all until the peer closes.
   *
   * @param deadline milliseconds; closes the connection when they have passed. Default 2,000
   */
  async read(count?: number, deadline = 2000): Promise<Uint8Array> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this[Symbol.dispose]();
    }, deadline);
    try {
      while (count === undefined || this.#buffer.length < count) {
        const chunk = new Uint8Array(4096);
        const size = await this.#connection.read(chunk);
        if (size === null) {
          if (count === undefined) break;
          throw new Error("the server closed the connection");
        }
        const joined = new Uint8Array(this.#buffer.length + size);
        joined.set(this.#buffer);
        joined.set(chunk.subarray(0, size), this.#buffer.length);
        this.#buffer = joined;
      }
    } catch (error) {
      throw late ? new Error(`no answer within ${deadline} ms`) : error;
    } finally {
      clearTimeout(timer);
    }
    const answer = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(answer.length);
    return answer;
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch {
      // Closed by the deadline of a read.
    }
  }
}

/** Runs a probe in which a failed connection is an answer, not an error. */
export async function probing(probe: () => Promise<true | string>): Promise<true | string> {
  try {
    return await probe();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
