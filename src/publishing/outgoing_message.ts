/** How far a recording is: whole frames, and messages of the next one. */
export interface Mark {
  frames: number;
  parcels: number;
}

/** One message to send to a log. */
export interface OutgoingMessage {
  key: string | null;
  value: Uint8Array | null;
  headers?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; the time of sending when absent. */
  timestamp?: number;
  /** How far the recording that it comes from is with it; absent for what comes from no recording. */
  mark?: Mark | undefined;
}
