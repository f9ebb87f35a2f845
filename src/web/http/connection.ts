import { BadRequest, parseHead, type RequestHead } from "./request_head.ts";

/** What answers requests. The second argument tells who asks. */
export interface App {
  fetch(request: Request, who: { remoteAddress: string }): Response | Promise<Response>;
}

/** Bounds of one connection. */
export interface ConnectionLimits {
  /** Time for a whole request, from its first byte or from the connection's start, milliseconds. */
  requestMs: number;
  /** Time between two requests, milliseconds. */
  idleMs: number;
  /** Time in which a client must take some of what it is sent, milliseconds. */
  writeMs: number;
  /** Bytes of the lines before a body. */
  headBytes: number;
  bodyBytes: number;
}

/** The part of a `Deno.TcpConn` that is used. */
export interface Wire {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

const TEXT = new TextEncoder();
const CHUNK = 16_384;

/**
 * Serves the requests of one connection, one after the other, until it is closed by either side, breaks a bound, or `close()` is
 * called. A body that nobody takes any more is cancelled, so that its maker ends.
 */
export class Connection {
  readonly #gone = new AbortController();
  #buffer = new Uint8Array(0);
  #reading: Promise<boolean> | undefined;
  #timer: number | undefined;
  #busy = false;
  #closing = false;

  constructor(
    readonly wire: Wire,
    readonly remoteAddress: string,
    readonly app: App,
    readonly limits: ConnectionLimits,
  ) {}

  /** Resolves when the connection is closed; never rejects. */
  async run(): Promise<void> {
    try {
      let wait = this.limits.requestMs;
      while (!this.#closing && await this.#request(wait)) wait = this.limits.idleMs;
    } catch (error) {
      if (error instanceof BadRequest) await this.#refuse(error).catch(() => {});
    } finally {
      this.#end();
    }
  }

  /** Closes when the request under way, if any, is answered. */
  close(): void {
    this.#closing = true;
    if (!this.#busy) this.#end();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#gone.abort();
    try {
      this.wire.close();
    } catch {
      // Closed by the other side, or by a bound.
    }
  }

  /** Ends the connection unless it is called again in time. */
  #deadline(ms: number | undefined): void {
    clearTimeout(this.#timer);
    if (ms !== undefined) this.#timer = setTimeout(() => this.#end(), ms);
  }

  /** Serves the next request; resolves to false when there is none, or none may follow. */
  async #request(wait: number): Promise<boolean> {
    this.#deadline(wait);
    if (this.#buffer.length === 0 && !await this.#more()) return false;
    this.#deadline(this.limits.requestMs);
    this.#busy = true;
    const head = await this.#head();
    if (head === undefined) return false;
    const body = await this.#body(head.length);
    if (body === undefined) return false;
    this.#deadline(undefined);
    const request = new Request(`http://${head.headers.get("host") ?? "localhost"}${head.target}`, {
      method: head.method,
      headers: head.headers,
      signal: this.#gone.signal,
      ...(body.length > 0 && !/^(GET|HEAD)$/.test(head.method) ? { body } : {}),
    });
    const response = await this.app.fetch(request, { remoteAddress: this.remoteAddress });
    const keep = head.keepAlive && !this.#closing;
    await this.#respond(response, head, keep);
    this.#busy = false;
    return keep;
  }

  async #head(): Promise<RequestHead | undefined> {
    for (let from = 0;;) {
      const end = endOfHead(this.#buffer, from);
      if (end > this.limits.headBytes || (end < 0 && this.#buffer.length > this.limits.headBytes)) {
        throw new BadRequest(431, `more than ${this.limits.headBytes} bytes of headers`);
      }
      if (end >= 0) {
        const text = [...this.#buffer.subarray(0, end)].map((byte) => String.fromCharCode(byte)).join("");
        this.#buffer = this.#buffer.slice(end + 4);
        return parseHead(text, this.limits.bodyBytes);
      }
      from = Math.max(0, this.#buffer.length - 3);
      if (!await this.#more()) return undefined;
    }
  }

  async #body(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#buffer.length < length) if (!await this.#more()) return undefined;
    const body = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.slice(length);
    return body;
  }

  /** Reads some bytes; resolves to false at the end. One read at a time: a later call waits for an earlier one's. */
  #more(): Promise<boolean> {
    return this.#reading ??= this.#readSome().finally(() => this.#reading = undefined);
  }

  async #readSome(): Promise<boolean> {
    const into = new Uint8Array(CHUNK);
    const count = await this.wire.read(into).catch(() => null);
    if (count === null) {
      this.#gone.abort();
      return false;
    }
    const joined = new Uint8Array(this.#buffer.length + count);
    joined.set(this.#buffer);
    joined.set(into.subarray(0, count), this.#buffer.length);
    this.#buffer = joined;
    return true;
  }

  async #respond(response: Response, { method }: RequestHead, keepAlive: boolean): Promise<void> {
    const { body, headers, status } = response;
    const bodiless = method === "HEAD" || status === 204 || status === 304;
    const chunked = body !== null && !bodiless && !headers.has("content-length");
    const lines = [`HTTP/1.1 ${status} ${response.statusText || "-"}`];
    for (const [name, value] of headers) lines.push(`${name}: ${value}`);
    if (!headers.has("date")) lines.push(`date: ${new Date().toUTCString()}`);
    if (chunked) lines.push("transfer-encoding: chunked");
    else if (body === null && !headers.has("content-length") && !bodiless) lines.push("content-length: 0");
    lines.push(`connection: ${keepAlive ? "keep-alive" : "close"}`, "", "");
    const reader = body?.getReader();
    const cancel = () => void reader?.cancel().catch(() => {});
    // Not `Promise.race`: each turn of it would leave a listener behind for as long as the stream lasts.
    this.#gone.signal.addEventListener("abort", cancel, { once: true });
    const answering = { done: false };
    try {
      await this.#write(TEXT.encode(lines.join("\r\n")));
      if (bodiless || reader === undefined) return;
      this.#watch(answering);
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        await this.#write(chunked ? chunkOf(part.value) : part.value);
      }
      if (this.#gone.signal.aborted) throw new Error("the client is gone");
      if (chunked) await this.#write(TEXT.encode("0\r\n\r\n"));
    } finally {
      answering.done = true;
      this.#gone.signal.removeEventListener("abort", cancel);
      cancel();
    }
  }

  /**
   * Notices when a client goes away during a quiet stream, by the end of its own sending. What it sends meanwhile is kept, up
   * to a bound, for the next request.
   */
  async #watch(answering: { readonly done: boolean }): Promise<void> {
    while (!answering.done && this.#buffer.length <= this.limits.headBytes) {
      if (!await this.#more()) return;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      this.#deadline(this.limits.writeMs);
      at += await this.wire.write(bytes.subarray(at));
    }
    this.#deadline(undefined);
  }

  async #refuse({ message, status }: BadRequest): Promise<void> {
    const text = `${message}\n`;
    await this.#write(TEXT.encode(
      `HTTP/1.1 ${status} -\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`,
    ));
  }
}

/** Where the empty line before a body begins; -1 while it has not come. */
function endOfHead(bytes: Uint8Array, from: number): number {
  for (let i = from; i + 3 < bytes.length; i++) {
    if (bytes[i] === 13 && bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) return i;
  }
  return -1;
}

function chunkOf(value: Uint8Array): Uint8Array {
  if (value.length === 0) return value;
  const size = TEXT.encode(`${value.length.toString(16)}\r\n`);
  const chunk = new Uint8Array(size.length + value.length + 2);
  chunk.set(size);
  chunk.set(value, size.length);
  chunk.set([13, 10], size.length + value.length);
  return chunk;
}
