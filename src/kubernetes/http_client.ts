import type { Authorization } from "./kubeconfig.ts";

/** Sends requests over connections that it keeps; see {@linkcode denoClient}. */
export interface HttpClient {
  fetch(url: string, init: RequestInit): Promise<Response>;
  close(): void;
}

/** An HTTP/2 client of Deno's own: all requests and watches share one connection. Node's opens one for each. */
export function denoClient({ proxyUrl, tls: { ca, cert, key } }: Authorization): HttpClient {
  const client = Deno.createHttpClient({
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    ...(proxyUrl === undefined ? {} : { proxy: { url: proxyUrl } }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  });
  return { fetch: (url, init) => fetch(url, { ...init, client }), close: () => client.close() };
}

/** What a client was opened with, for comparison. */
export function transport({ proxyUrl, server, tls }: Authorization): string {
  return JSON.stringify([server, tls, proxyUrl]);
}

/**
 * The chunks of a body until the signal is aborted. The signal that was given to `fetch` is not enough: Deno 2.6 may
 * collect what ties it to the body as garbage once the answer has begun.
 */
export async function* chunks(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    signal.throwIfAborted();
    while (true) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
