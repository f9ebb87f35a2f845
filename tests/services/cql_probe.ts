import { Exchange, type Trust } from "./exchange.ts";

/** Opcodes of Cassandra's native protocol, version 4. */
const STARTUP = 0x01;
const READY = 0x02;
const AUTHENTICATE = 0x03;
const OPTIONS = 0x05;
const SUPPORTED = 0x06;
const QUERY = 0x07;
const RESULT = 0x08;
const AUTH_RESPONSE = 0x0f;
const AUTH_SUCCESS = 0x10;

export interface CqlAddress {
  host: string;
  port: number;
  login?: Login | undefined;
  /** For TLS; plain TCP when undefined. */
  trust?: Trust | undefined;
}

export interface Login {
  user: string;
  password: string;
}

/** Asks a node for its options, which it answers to anybody, and opens a session: true, or why that failed. */
export async function takesSessions(address: CqlAddress): Promise<true | string> {
  using exchange = await Exchange.open(address.host, address.port, address.trust);
  const answer = await request(exchange, OPTIONS, new Uint8Array(0));
  if (answer !== SUPPORTED) return `OPTIONS was answered with opcode ${answer}`;
  return await openSession(exchange, address.login);
}

/**
 * Has a node read a row from `replicas` nodes, itself among them: true once it sees and reaches that many.
 *
 * @param replicas 1 to 3: the table is one of Cassandra's own, kept three times
 */
export async function readsFrom(address: CqlAddress, replicas: 1 | 2 | 3): Promise<true | string> {
  using exchange = await Exchange.open(address.host, address.port, address.trust);
  const open = await openSession(exchange, address.login);
  if (open !== true) return open;
  const query =
    "SELECT host_id FROM system_distributed.view_build_status WHERE keyspace_name = '' AND view_name = ''";
  const text = new TextEncoder().encode(query);
  // The consistency levels ONE, TWO and THREE have these numbers; the last byte is: no flags.
  const answer = await request(exchange, QUERY, bytes(int(text.length), text, short(replicas), [0]));
  return answer === RESULT || `a read from ${replicas} nodes was answered with opcode ${answer}`;
}

async function openSession(exchange: Exchange, login: Login | undefined): Promise<true | string> {
  const text = new TextEncoder();
  const words = ["CQL_VERSION", "3.0.0"].map((word) => bytes(short(word.length), text.encode(word)));
  const startup = await request(exchange, STARTUP, bytes(short(1), ...words));
  if (startup === READY) return true;
  if (startup !== AUTHENTICATE) return `STARTUP was answered with opcode ${startup}`;
  if (!login) return "it wants a login";
  const token = text.encode(`\0${login.user}\0${login.password}`);
  const answer = await request(exchange, AUTH_RESPONSE, bytes(int(token.length), token));
  return answer === AUTH_SUCCESS || `${login.user} cannot log in, opcode ${answer}`;
}

/** Sends a frame and returns the opcode of the answer; 0 is an error. */
async function request(exchange: Exchange, opcode: number, body: Uint8Array): Promise<number> {
  await exchange.write(bytes([0x04, 0, 0, 0, opcode], int(body.length), body));
  const header = new DataView((await exchange.read(9)).buffer);
  await exchange.read(header.getInt32(5));
  return header.getUint8(4);
}

function bytes(...parts: ArrayLike<number>[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => Array.from(part)));
}

function short(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function int(value: number): number[] {
  return [value >> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}
