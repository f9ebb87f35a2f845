/** A line to an API server that counts its connections and can be cut. */
export class Wire implements Disposable {
  /** Connections made since the start. */
  accepted = 0;
  readonly #listener: Deno.TcpListener;
  readonly #target: { hostname: string; port: number };
  readonly #open = new Set<Deno.TcpConn>();
  readonly #frozen = new Set<Deno.TcpConn>();

  constructor(server: string) {
    const { hostname, port } = new URL(server);
    this.#target = { hostname, port: Number(port) };
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#serve();
  }

  /** A kubeconfig like `path`, written beside it, whose server is at this end of the line. */
  async kubeconfig(path: string): Promise<string> {
    const text = await Deno.readTextFile(path);
    const { port } = this.#listener.addr;
    const wired = `${path}.${port}`;
    await Deno.writeTextFile(
      wired,
      text.replaceAll(/https:\/\/127\.0\.0\.1:\d+/g, `https://127.0.0.1:${port}`),
    );
    return wired;
  }

  /** Closes the connections that are open; new ones are taken. */
  cut(): void {
    for (const connection of this.#open) close(connection);
    this.#open.clear();
    this.#frozen.clear();
  }

  /** Drops all that comes on the connections that are open, without a word, as when a router forgot them. */
  freeze(): void {
    for (const connection of this.#open) this.#frozen.add(connection);
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    this.cut();
  }

  async #serve(): Promise<void> {
    for await (const near of this.#listener) {
      this.accepted++;
      this.#join(near).catch(() => {});
    }
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    const far = await Deno.connect(this.#target).catch(() => undefined);
    if (far === undefined) return close(near);
    for (const connection of [near, far]) {
      connection.setNoDelay();
      this.#open.add(connection);
    }
    // Either end's end is both ends'.
    await Promise.race([this.#copy(near, far), this.#copy(far, near)]).catch(() => {});
    for (const connection of [near, far]) {
      close(connection);
      this.#open.delete(connection);
    }
  }

  async #copy(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    while (true) {
      const length = await from.read(buffer);
      if (length === null) return;
      if (this.#frozen.has(from)) continue;
      for (let sent = 0; sent < length;) sent += await to.write(buffer.subarray(sent, length));
    }
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed by the other side.
  }
}
