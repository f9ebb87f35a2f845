/** One message to send to a log. */
export interface OutgoingMessage {
  key: string | null;
  value: Uint8Array | null;
  headers?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; the time of sending when absent. */
  timestamp?: number;
}
