/** What a server on the wire does in place of answering as it should. */
export const WIRE_FAULTS = [
  "late",
  "twice",
  "cut",
  "wrong id",
  "huge",
  "negative",
  "junk",
  "closed",
] as const;

export type WireFault = typeof WIRE_FAULTS[number];

/** A fault of the wire, or an error code to answer with. */
export type Fault = WireFault | { code: number };

/** What becomes of the n-th request of a kind, from 0; undefined: it is answered as it should be. */
export type Script = (api: string, times: number) => Fault | undefined;

/** A frame with another length in its four bytes. */
export interface Framing {
  /** Where the length stands. */
  lengthAt: number;
  /** Changes the id by which the client finds the request. */
  spoilId(frame: Uint8Array): void;
}

/** How late an answer is, milliseconds: later than clients of these tests wait. */
export const LATE_MS = 1500;

/** Sends an answer as the fault has it; resolves to whether the connection goes on. */
export async function misbehave(
  peer: Deno.Conn,
  frame: Uint8Array<ArrayBuffer>,
  fault: WireFault,
  { lengthAt, spoilId }: Framing,
  sleep: (ms: number) => Promise<void>,
): Promise<boolean> {
  const length = (value: number) => {
    const copy = frame.slice();
    new DataView(copy.buffer).setInt32(lengthAt, value);
    return copy;
  };
  switch (fault) {
    case "late":
      await sleep(LATE_MS);
      await send(peer, frame);
      return true;
    case "twice":
      await send(peer, frame);
      await send(peer, frame);
      return true;
    case "cut":
      await send(peer, frame.subarray(0, Math.ceil(frame.length / 2)));
      return false;
    case "wrong id": {
      const copy = frame.slice();
      spoilId(copy);
      await send(peer, copy);
      return true;
    }
    case "huge":
      await send(peer, length(0x7fff_ffff));
      return true;
    case "negative":
      await send(peer, length(-1));
      return true;
    case "junk":
      // Of a length that is right, and nothing in it is.
      await send(peer, frame.map((byte, i) => i < lengthAt + 8 ? byte : 0xff));
      return true;
    case "closed":
      return false;
  }
}

export async function send(peer: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await peer.write(bytes.subarray(at));
}
