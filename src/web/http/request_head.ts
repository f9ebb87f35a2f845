/** What a request begins with, read strictly: what two readers could understand in two ways is refused. */
export interface RequestHead {
  method: string;
  /** Path and query. */
  target: string;
  headers: Headers;
  /** Whether the client may send another request on the connection. */
  keepAlive: boolean;
  /** Bytes of the body that follows. */
  length: number;
}

/** A request that is answered with an error and closes its connection. */
export class BadRequest extends Error {
  override name = "BadRequest";

  constructor(readonly status: number, message: string) {
    super(message);
  }
}

const LINE = /^([A-Z]{1,16}) (\/[\x21-\x7e]*) HTTP\/1\.([01])$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\x20-\x7e\x80-\xff\t]*)$/;
const HOST = /^[A-Za-z0-9._-]+(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/;
const MAX_HEADERS = 100;
/** Deno's `Headers` looks for blanks at the end anew from each blank: 16 KB of them would take a tenth of a second. */
const MANY_BLANKS = /[ \t]{256}/;

/**
 * Reads the lines before a request's body, without the empty one.
 *
 * Source: RFC 9112. Bodies have a `Content-Length`: nobody sends this server chunks.
 *
 * @param maxBody bytes of the largest body
 * @throws {BadRequest} for everything else
 */
export function parseHead(text: string, maxBody: number): RequestHead {
  const [first = "", ...lines] = text.split("\r\n");
  const [, method, target, minor] = LINE.exec(first) ?? [];
  if (method === undefined) throw new BadRequest(400, "not an HTTP/1.1 request");
  if (lines.length > MAX_HEADERS) throw new BadRequest(431, "too many headers");
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || MANY_BLANKS.test(value!)) throw new BadRequest(400, "a header that is none");
    if (headers.has(name) && /^(host|content-length)$/i.test(name)) {
      throw new BadRequest(400, `${name} twice`);
    }
    headers.append(name, value!);
  }
  const host = headers.get("host");
  if (host === null ? minor === "1" : !HOST.test(host)) throw new BadRequest(400, "no usable Host");
  // What has the form of an address may still be none: [1], a:99999.
  if (host !== null && !URL.canParse(`http://${host}${target}`)) throw new BadRequest(400, "no usable Host");
  // fetch's Request takes none of them.
  if (/^(CONNECT|TRACE|TRACK)$/.test(method)) throw new BadRequest(405, `${method} is not served`);
  if (headers.has("transfer-encoding")) throw new BadRequest(411, "a body needs a Content-Length");
  const length = headers.get("content-length") ?? "0";
  if (!/^\d{1,15}$/.test(length)) throw new BadRequest(400, "no usable Content-Length");
  if (Number(length) > maxBody) throw new BadRequest(413, `a body of more than ${maxBody} bytes`);
  const connection = (headers.get("connection") ?? "").toLowerCase();
  const keepAlive = minor === "1" ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
  return { method, target: target!, headers, keepAlive, length: Number(length) };
}
