import { assertEquals, assertMatch } from "@std/assert";
import { transportFault } from "../../src/transport/fault.ts";
import type { TlsOptions } from "../../src/transport/tls_options.ts";
import { integrationTest } from "../needs.ts";

const TLS: TlsOptions = { rejectUnauthorized: true, ca: undefined, cert: undefined, key: undefined };

/** Closes each connection when its first bytes have come; ends after `most` of them. */
function plainServer(most: number): { port: number; done: Promise<void> } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const end = () => {
    try {
      listener.close();
    } catch {
      // It has ended by itself.
    }
  };
  const done = (async () => {
    for (let served = 0; served < most; served++) {
      const connection = await listener.accept().catch(() => undefined);
      if (connection === undefined) return;
      await connection.read(new Uint8Array(1));
      // Before the connection, as when a process is killed.
      if (served === most - 1) end();
      connection.close();
    }
  })();
  return { port: listener.addr.port, done, [Symbol.dispose]: end };
}

integrationTest("a server that closes each handshake speaks no TLS", async () => {
  using server = plainServer(Infinity);
  const fault = await transportFault("KAFKA", { host: "127.0.0.1", port: server.port }, TLS);
  assertMatch(fault ?? "", /does not speak TLS .*: name its TLS port, or set KAFKA_TLS=false/);
  server[Symbol.dispose]();
  await server.done;
});

integrationTest(
  "a server that is killed in the middle of a handshake is not said to speak no TLS",
  async () => {
    using server = plainServer(1);
    assertEquals(await transportFault("KAFKA", { host: "127.0.0.1", port: server.port }, TLS), undefined);
    await server.done;
  },
);

/** What a server that knows TLS 1.1 at most answers to our greeting: OpenSSL's an alert, others a greeting of that version. */
const OLD_ANSWERS = {
  "an alert": [0x15, 3, 2, 0, 2, 2, 70],
  "a greeting": [0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, ...new Array(32).fill(7), 0, 0, 0x2f, 0],
};

for (const [what, bytes] of Object.entries(OLD_ANSWERS)) {
  integrationTest(`a server of TLS 1.1 that answers with ${what} is told to speak a later one`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    (async () => {
      for await (const connection of listener) {
        await connection.read(new Uint8Array(2048));
        await connection.write(new Uint8Array(bytes));
        await connection.read(new Uint8Array(2048)).catch(() => {});
        connection.close();
      }
    })().catch(() => {});
    const { port } = listener.addr as Deno.NetAddr;
    for (const peer of ["KAFKA", "CASSANDRA"] as const) {
      const fault = await transportFault(peer, { host: "127.0.0.1", port }, TLS) ?? "";
      assertMatch(fault, /let the server speak TLS 1\.2 or 1\.3 with a current cipher suite$/);
      assertEquals(/certificate/i.test(fault), false, fault);
    }
  });
}
