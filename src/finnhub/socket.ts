import { after } from "../async/wait.ts";

/** How long a socket may take to close before it is left to the system, milliseconds: a dead peer never answers. */
const CLOSE_TIMEOUT = 1000;

/** Closes a socket and resolves when it is closed, or when its peer had its time to answer. */
export function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const cancel = after(CLOSE_TIMEOUT, () => done());
    const done = () => {
      cancel();
      socket.onclose = null;
      resolve();
    };
    socket.onopen = socket.onmessage = null;
    // A socket that is refused or torn down while closing still reports an error; nobody is there to hear it.
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = done;
    if (socket.readyState === WebSocket.CLOSED) return done();
    if (socket.readyState !== WebSocket.CLOSING) socket.close();
  });
}
