import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

interface Queue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

let patched = false;

/**
 * kafkajs 2.2.4 arms a timer with a negative delay after every response and again when it fires: each connection
 * polls an empty queue every millisecond for ever, prints TimeoutNegativeWarning, and goes on after it was closed. The timer
 * is of use only while requests wait.
 *
 * Source: kafkajs issues 1704 and 1751; src/network/requestQueue/index.js, `scheduleCheckPendingRequests`.
 */
export function stopIdlePolling(): void {
  const queue = (RequestQueue as unknown as { prototype: Queue }).prototype;
  const schedule = queue.scheduleCheckPendingRequests;
  if (patched) return;
  patched = true;
  queue.scheduleCheckPendingRequests = function (this: Queue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
