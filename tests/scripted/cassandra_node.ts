/** A node that takes every write and has no rows, in the native protocol's version 4. */
import { int, joined, Reader, text } from "./bytes.ts";
import { type Fault, misbehave, type Script, send } from "./misbehaving.ts";
import { ScriptedServer } from "./server.ts";

const VERSION = 4;
const HEADER_BYTES = 9;
const PROTOCOL_ERROR = 0x000a;
const INVALID = 0x2200;

/** Requests by their opcodes. Source: native protocol v4, section 4.1. */
const REQUESTS: Record<number, string> = {
  1: "STARTUP",
  5: "OPTIONS",
  7: "QUERY",
  9: "PREPARE",
  10: "EXECUTE",
  11: "REGISTER",
  13: "BATCH",
};
const [ERROR, READY, SUPPORTED, RESULT] = [0, 2, 6, 8];
const [VOID, ROWS, SET_KEYSPACE, PREPARED] = [1, 2, 3, 4];

/** Options of types. Source: section 6. */
const TYPES = {
  text: int(2, 0x0d),
  timestamp: int(2, 0x0b),
  double: int(2, 0x07),
  uuid: int(2, 0x0c),
  texts: joined([int(2, 0x20), int(2, 0x0d)]),
  set: joined([int(2, 0x22), int(2, 0x0d)]),
};

const typeOf = (column: string): Uint8Array =>
  /timestamp|^hour$|^day$|^bucket$|^window/.test(column)
    ? TYPES.timestamp
    : /^(price|volume)$/.test(column)
    ? TYPES.double
    : column === "uuid"
    ? TYPES.uuid
    : column === "trade_conditions"
    ? TYPES.texts
    : TYPES.text;

const utf8 = (value: string) => new TextEncoder().encode(value);
const sized = (bytes: Uint8Array) => joined([int(4, bytes.length), bytes]);
const UUID = new Uint8Array(16).fill(7);

/** What `system.local` says of the only node. */
const LOCAL: [name: string, type: Uint8Array, value: Uint8Array][] = [
  ["key", TYPES.text, utf8("local")],
  ["data_center", TYPES.text, utf8("datacenter1")],
  ["rack", TYPES.text, utf8("rack1")],
  ["release_version", TYPES.text, utf8("4.1.0")],
  ["partitioner", TYPES.text, utf8("org.apache.cassandra.dht.Murmur3Partitioner")],
  ["tokens", TYPES.set, joined([int(4, 1), sized(utf8("0"))])],
  ["host_id", TYPES.uuid, UUID],
  ["schema_version", TYPES.uuid, UUID],
];

const columns = (of: readonly [name: string, type: Uint8Array][]) =>
  joined([text("market"), text("table"), ...of.flatMap(([name, type]) => [text(name), type])]);

/** What follows the message of an error. Source: section 9. */
function details(code: number): Uint8Array {
  const consistency = int(2, 6);
  switch (code) {
    case 0x1000:
      return joined([consistency, int(4, 2), int(4, 1)]);
    case 0x1100:
      return joined([consistency, int(4, 0), int(4, 1), text("UNLOGGED_BATCH")]);
    case 0x1200:
      return joined([consistency, int(4, 0), int(4, 1), int(1, 0)]);
    case 0x1300:
      return joined([consistency, int(4, 0), int(4, 1), int(4, 1), int(1, 0)]);
    case 0x1400:
      return joined([text("market"), text("f"), int(2, 0)]);
    case 0x1500:
      return joined([consistency, int(4, 0), int(4, 1), int(4, 1), text("UNLOGGED_BATCH")]);
    case 0x1700:
      return joined([consistency, int(4, 0), int(4, 1)]);
    case 0x2400:
      return joined([text("market"), text("")]);
    case 0x2500:
      return joined([int(2, UUID.length), UUID]);
    default:
      return new Uint8Array(0);
  }
}

export class CassandraNode extends ScriptedServer {
  /** Requests so far, by name. */
  readonly asked = new Map<string, number>();
  /** Writes that were taken. */
  writes = 0;
  /** Statements of each batch that was taken. */
  readonly batches: number[] = [];
  #statements: string[] = [];

  /** @param maxStatements of a batch; a batch as a prepared statement is refused where there is a bound, as by Amazon Keyspaces */
  constructor(public script: Script = () => undefined, readonly maxStatements = Infinity) {
    super(HEADER_BYTES);
  }

  protected override async answer(peer: Deno.Conn, header: Uint8Array, body: Uint8Array): Promise<boolean> {
    const head = new Reader(header);
    const version = head.int(1);
    head.int(1);
    const stream = head.int(2);
    const api = REQUESTS[head.int(1)]!;
    const frame = (opcode: number, of: Uint8Array) =>
      joined([int(1, 0x80 | VERSION), int(1, 0), int(2, stream), int(1, opcode), sized(of)]);
    if (version !== VERSION) {
      const message = `Invalid or unsupported protocol version (${version}); supported versions are (4/v4)`;
      await send(peer, frame(ERROR, joined([int(4, PROTOCOL_ERROR), text(message)])));
      return true;
    }
    const times = this.asked.get(api) ?? 0;
    this.asked.set(api, times + 1);
    const fault: Fault | undefined = this.script(api, times);
    if (typeof fault === "object") {
      await send(peer, frame(ERROR, joined([int(4, fault.code), text("scripted"), details(fault.code)])));
      return true;
    }
    const [opcode, answered] = this.#refuses(api, new Reader(body)) ?? this.#answers(api, new Reader(body));
    const whole = frame(opcode, answered);
    if (fault === undefined) {
      await send(peer, whole);
      return true;
    }
    const spoilId = (bytes: Uint8Array) => bytes[2]! ^= 0x40;
    return await misbehave(peer, whole, fault, { lengthAt: 5, spoilId }, this.sleep);
  }

  /** The error for a batch that is beyond the bound. */
  #refuses(api: string, request: Reader): [opcode: number, body: Uint8Array] | undefined {
    if (this.maxStatements === Infinity) return undefined;
    const refusal = (message: string): [number, Uint8Array] => [
      ERROR,
      joined([int(4, INVALID), text(message)]),
    ];
    if (api === "PREPARE") {
      const statement = new TextDecoder().decode(request.take(request.int(4)));
      return /^BEGIN/.test(statement) ? refusal("BATCH statements cannot be prepared") : undefined;
    }
    if (api !== "BATCH") return undefined;
    request.int(1);
    const statements = request.int(2);
    if (statements > this.maxStatements) {
      return refusal(`more than ${this.maxStatements} statements in a BATCH`);
    }
    this.batches.push(statements);
    return undefined;
  }

  #answers(api: string, request: Reader): [opcode: number, body: Uint8Array] {
    switch (api) {
      case "OPTIONS":
        return [SUPPORTED, int(2, 0)];
      case "STARTUP":
      case "REGISTER":
        return [READY, new Uint8Array(0)];
      case "QUERY":
        return [RESULT, this.#query(new TextDecoder().decode(request.take(request.int(4))))];
      case "PREPARE":
        return [RESULT, this.#prepare(new TextDecoder().decode(request.take(request.int(4))))];
      case "BATCH":
        this.writes++;
        return [RESULT, int(4, VOID)];
      default: {
        const statement = this.#statements[new Reader(request.take(request.int(2))).int(2)]!;
        if (/^SELECT/.test(statement)) {
          return [RESULT, joined([int(4, ROWS), int(4, 0), int(4, 0), int(4, 0)])];
        }
        this.writes++;
        return [RESULT, int(4, VOID)];
      }
    }
  }

  #query(statement: string): Uint8Array {
    if (/^USE /i.test(statement)) return joined([int(4, SET_KEYSPACE), text("market")]);
    if (!/FROM system\.local/.test(statement)) return joined([int(4, ROWS), int(4, 0), int(4, 0), int(4, 0)]);
    return joined([
      int(4, ROWS),
      int(4, 1),
      int(4, LOCAL.length),
      columns(LOCAL.map(([name, type]) => [name, type])),
      int(4, 1),
      ...LOCAL.map(([, , value]) => sized(value)),
    ]);
  }

  #prepare(statement: string): Uint8Array {
    const id = int(2, this.#statements.push(statement) - 1);
    const inserted = /\(([^)]*)\) VALUES/.exec(statement)?.[1]?.split(", ");
    const asked = inserted ?? [...statement.matchAll(/(\w+) (?:=|IN|<|>=) \?/g)].map(([, name]) => name!);
    return joined([
      int(4, PREPARED),
      int(2, id.length),
      id,
      int(4, 1),
      int(4, asked.length),
      int(4, 0),
      columns(asked.map((name) => [name, typeOf(name)])),
      int(4, 4),
      int(4, 0),
    ]);
  }
}
