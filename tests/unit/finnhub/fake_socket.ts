/** A websocket without a network: the test plays its peer. */
export class FakeSocket {
  readyState: number = WebSocket.CONNECTING;
  binaryType = "blob";
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  readonly sent: unknown[] = [];

  /** @param answersClose false for a dead peer, which never answers a close */
  constructor(readonly answersClose = true) {}

  /** The same object as the type that the code under test takes. */
  get socket(): WebSocket {
    return this as unknown as WebSocket;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(): void {
    this.readyState = WebSocket.CLOSING;
    if (this.answersClose) queueMicrotask(() => this.closedByPeer(1005));
  }

  open(): void {
    this.readyState = WebSocket.OPEN;
    this.onopen?.();
  }

  receive(data: unknown): void {
    this.onmessage?.({ data });
  }

  closedByPeer(code: number): void {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code });
  }

  /** What Deno reports when the server answers the upgrade with another status. */
  refuse(message: string): void {
    this.readyState = WebSocket.CLOSED;
    this.onerror?.(new ErrorEvent("error", { message, cancelable: true }));
    this.onclose?.({ code: 0 });
  }
}
