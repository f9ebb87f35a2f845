import { after } from "../async/wait.ts";
import { errorText } from "../telemetry/log.ts";
import { closeAnswer, type FeedAnswer, refusalAnswer } from "./answers.ts";
import { closed } from "./socket.ts";

export interface ConnectionOptions {
  /** Websocket address without the token. */
  wsUrl: URL;
  token: string;
  /** Silence of any kind of frame after which a connection counts as dead, milliseconds. */
  idleTimeout: number;
  /** Makes a socket. */
  connect(url: URL): WebSocket;
  onOpen(socket: WebSocket): void;
  onFrame(data: unknown): void;
  /** Called once, whether it ever opened or not, before the socket is closed. */
  onEnd(): void;
}

/** How a connection ended. */
export interface End {
  reason: string;
  answer: FeedAnswer;
}

const SOON: FeedAnswer = { pace: "soon" };
/** How long a connection may take to open, milliseconds. */
const OPEN_TIMEOUT = 15_000;

/** One connection to the feed, from opening it until it is closed; resolves to why it ended, and leaves nothing behind. */
export function connection(options: ConnectionOptions, signal: AbortSignal): Promise<End> {
  const { connect, idleTimeout, onEnd, onFrame, onOpen, token, wsUrl: url } = options;
  const address = new URL(url);
  address.searchParams.set("token", token);
  return new Promise((resolve) => {
    let socket: WebSocket;
    try {
      socket = connect(address);
    } catch (error) {
      return resolve({ reason: errorText(error).replaceAll(address.href, url.host), answer: SOON });
    }
    socket.binaryType = "arraybuffer";
    let opened = false;
    let cancel = after(OPEN_TIMEOUT, () => end(`did not open within ${OPEN_TIMEOUT / 1000} s`));
    const end = (reason: string, answer = SOON) => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      onEnd();
      closed(socket).then(() => resolve({ reason, answer }));
    };
    const onAbort = () => end("stopped");
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const restartWatchdog = () => {
      cancel();
      cancel = after(idleTimeout, () => end(`silent for ${idleTimeout / 1000} s`));
    };
    socket.onopen = () => {
      opened = true;
      restartWatchdog();
      onOpen(socket);
    };
    socket.onmessage = ({ data }) => {
      restartWatchdog();
      onFrame(data);
    };
    socket.onerror = (event) => {
      event.preventDefault();
      const message = event instanceof ErrorEvent ? event.message : "";
      const cause = message.replaceAll(address.href, url.host).replaceAll(token, "[redacted]");
      if (opened) end(`failed: ${cause}`);
      else end(`refused (${cause})`, refusalAnswer(cause));
    };
    socket.onclose = ({ code }) => end(`closed with code ${code}`, closeAnswer(code));
  });
}
