import type { Socket } from "node:net";
import type { Transform } from "node:stream";
import Connection from "cassandra-driver/lib/connection.js";
import types from "cassandra-driver/lib/types/index.js";

/** Longest answer that is taken, bytes: what nodes send at most unless they are told otherwise. */
const MAX_ANSWER = 268_435_456;

interface Header {
  streamId: number;
  bodyLength: number;
}

interface Inner {
  netClient: Socket;
  protocol: Transform;
  parser: Transform;
  _operations: Map<number, unknown>;
  bindSocketListeners(): void;
  freeStreamId(header: Header): void;
}

let patched = false;

/**
 * cassandra-driver 4.10.0 trusts its node. An answer that nobody asked for ends the process. A second answer to one request
 * frees its stream id twice, and two later requests that share it get each other's answers (lib/connection.js,
 * `freeStreamId`). Bytes that are no frame end the process (an error event without a listener). An absurd length makes it wait
 * for ever and ignore all else. In each case the connection is closed, and the driver opens another.
 */
export function guardAnswers(): void {
  if (patched) return;
  patched = true;
  const connection = (Connection as unknown as { prototype: Inner }).prototype;
  const { bindSocketListeners, freeStreamId } = connection;
  connection.bindSocketListeners = function (this: Inner) {
    bindSocketListeners.call(this);
    const close = (error: Error) => void this.netClient.destroy(error);
    this.protocol.on("error", close);
    this.parser.on("error", close);
  };
  connection.freeStreamId = function (this: Inner, header: Header) {
    if (header.streamId < 0 || this._operations.has(header.streamId)) return freeStreamId.call(this, header);
    this.netClient.destroy(new Error("the node answers what nobody asked"));
  };
  const { FrameHeader: frames } = types as unknown as {
    FrameHeader: { fromBuffer(bytes: Uint8Array, offset: number): Header };
  };
  const { fromBuffer } = frames;
  frames.fromBuffer = (bytes, offset) => {
    const header = fromBuffer.call(frames, bytes, offset);
    if (header.bodyLength >= 0 && header.bodyLength <= MAX_ANSWER) return header;
    throw new RangeError(`the node's answer cannot have ${header.bodyLength} bytes`);
  };
}
