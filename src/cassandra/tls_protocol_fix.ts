import { TLSSocket } from "node:tls";

let patched = false;

/**
 * Once a secure connection is there, cassandra-driver 4.10.0 asks it for the name of its protocol, for a log line (lib/connection.js,
 * `open`). Deno 2.6's TLSSocket cannot tell, and the connection would hang until its timeout.
 */
export function answerGetProtocol(): void {
  if (patched) return;
  patched = true;
  const socket = TLSSocket.prototype as { getProtocol?: () => string | null };
  socket.getProtocol ??= () => null;
}
