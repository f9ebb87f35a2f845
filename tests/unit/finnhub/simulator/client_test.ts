import { assertEquals } from "@std/assert";
import { type ClientOptions, SimulatorClient } from "../../../../src/finnhub/simulator/client.ts";
import type { Misbehaviour } from "../../../../src/settings/settings.ts";
import { FakeSocket } from "../fake_socket.ts";

const trade = (s: string, p = 1) => ({ s, p, t: 5, v: 1 });

function connect(options: Partial<ClientOptions> & { fault?: Misbehaviour; opening?: boolean } = {}) {
  const fake = new FakeSocket();
  if (!options.opening) fake.open();
  const counts = { subscribes: 0, closes: 0 };
  const faults: Misbehaviour[] = [];
  const client = new SimulatorClient({
    socket: fake.socket,
    symbolLimit: 2,
    nextFault: () => options.fault,
    random: () => 0,
    onSubscribe: () => counts.subscribes++,
    onFault: (fault) => faults.push(fault),
    onClose: () => counts.closes++,
    ...options,
  });
  const ask = (type: string, symbol: unknown) => fake.receive(JSON.stringify({ type, symbol }));
  const sent = () => fake.sent.splice(0).map((frame) => JSON.parse(String(frame)));
  return { ask, client, counts, fake, faults, sent };
}

Deno.test("a client gets the trades of its symbols alone, and no frame that holds none of them", () => {
  const { ask, client, counts, sent } = connect();
  assertEquals([client.listening, client.deliver([trade("A")])], [false, 0]);
  ask("subscribe", "A");
  assertEquals([client.listening, counts.subscribes], [true, 1]);
  assertEquals(client.deliver([trade("B"), trade("A", 2), trade("A", 3)]), 2);
  assertEquals(client.deliver([trade("B")]), 0);
  assertEquals(sent(), [{ data: [trade("A", 2), trade("A", 3)], type: "trade" }]);
  ask("unsubscribe", "A");
  assertEquals([client.listening, client.deliver([trade("A")]), sent().length], [false, 0, 0]);
});

Deno.test("symbols beyond the limit are refused, a symbol named again and one after an unsubscribe are not", () => {
  const { ask, client, sent } = connect();
  for (const symbol of ["A", "B", "B", "A"]) ask("subscribe", symbol);
  assertEquals(sent(), []);
  ask("subscribe", "C");
  assertEquals(sent(), [{ type: "error", msg: "Subscribing to too many symbols" }]);
  assertEquals(client.deliver([trade("C")]), 0);
  ask("unsubscribe", "A");
  ask("subscribe", "C");
  assertEquals(client.deliver([trade("C")]), 1);
});

Deno.test("a message that is not of the protocol is answered by an error and changes nothing", () => {
  const { ask, client, counts, fake, sent } = connect();
  const messages: unknown[] = ["", "{", "null", "[]", "{}", new ArrayBuffer(2), "x".repeat(5000)];
  messages.forEach((message) => fake.receive(message));
  ask("subscribe", "");
  ask("subscribe", 5);
  ask("listen", "A");
  ask("subscribe", "A".repeat(1000));
  assertEquals(sent(), Array(messages.length + 4).fill({ type: "error", msg: "Invalid message" }));
  assertEquals([client.listening, counts.subscribes], [false, 0]);
});

Deno.test("a hung client is sent nothing more, not even pings, and stays connected", () => {
  const { ask, client, fake, faults, sent } = connect({ fault: "hang" });
  ask("subscribe", "A");
  client.ping();
  assertEquals(sent(), [{ type: "ping" }]);
  assertEquals(client.deliver([trade("A")]), 0);
  client.ping();
  ask("listen", "A");
  assertEquals([sent(), faults, client.listening], [[], ["hang"], false]);
  assertEquals(fake.readyState, WebSocket.OPEN);
});

Deno.test("a dropped client is closed after its frame and listens no more", async () => {
  const { ask, client, counts, fake, faults } = connect({ fault: "drop" });
  ask("subscribe", "A");
  assertEquals(client.deliver([trade("A")]), 1);
  assertEquals([fake.sent.length, faults, client.listening], [1, ["drop"], false]);
  assertEquals([client.deliver([trade("A")]), client.buffered], [0, 0]);
  await Promise.resolve();
  assertEquals(counts.closes, 1);
});

Deno.test("a client that is closed before it is open is closed once it is, and hears nothing meanwhile", async () => {
  const { client, counts, fake, sent } = connect({ opening: true });
  client.close();
  client.ping();
  assertEquals([fake.readyState, client.listening, client.deliver([trade("A")])], [
    WebSocket.CONNECTING,
    false,
    0,
  ]);
  fake.open();
  await Promise.resolve();
  assertEquals([fake.readyState, counts.closes, sent()], [WebSocket.CLOSED, 1, []]);
});
