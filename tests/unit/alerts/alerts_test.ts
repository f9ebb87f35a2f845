import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { AlertWatch } from "../../../src/alerts/alert_watch.ts";
import { type FiredAlerts, RememberedAlerts } from "../../../src/alerts/fired_alerts.ts";
import { alertRules } from "../../../src/alerts/rule.ts";
import { signatureOf, Webhook } from "../../../src/alerts/webhook.ts";
import { Database } from "../../../src/embedded/database.ts";
import { SqliteFiredAlerts } from "../../../src/embedded/tables/fired_alerts.ts";
import { TradeHub } from "../../../src/market/live_trades.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { until } from "../../services/until.ts";
import { leaveRoom } from "../embedded/parts.ts";
import { silent } from "../processing/fakes.ts";

const never = new AbortController().signal;
const kept = (database: Database) =>
  new SqliteFiredAlerts({ database, log: silent, random: () => 0, now: () => 0 });
const counter = () => new MetricRegistry().counter("n", "");

/** A watch of some alerts, and the trades that it is given. */
function watching(fired: FiredAlerts, rules: string) {
  const alerts = alertRules(rules);
  const hub = new TradeHub();
  const stop = new AbortController();
  let woken = 0;
  const options = { alerts, trades: hub, fired, count: counter(), log: silent, wake: () => void woken++ };
  const running = new AlertWatch(options).run(stop.signal);
  return {
    alerts,
    publish: (symbol: string, ...prices: number[]) =>
      hub.publish({
        symbol,
        received: 0,
        trades: prices.map((price, i) => ({ symbol, price, time: 1000 + i, volume: 1, conditions: [] })),
      }),
    fired: (number: number) =>
      until(`${number} alerts to go off`, () => Promise.resolve(woken === number || `${woken}`)),
    async end() {
      stop.abort();
      await running;
    },
  };
}

Deno.test("each alert goes off once, at the first trade that it waits for, also after a start anew", async () => {
  for (const fired of [new RememberedAlerts(), kept(new Database(":memory:"))]) {
    const first = watching(fired, "A>10,A<5,B=7,LAST>1");
    first.publish("A", 9, 11, 12, 4);
    first.publish("B", 6, 8, 6);
    first.publish("C", 100);
    first.publish("A", 1, 20);
    first.publish("LAST", 2);
    await first.fired(4);
    await first.end();
    const untold = async () =>
      (await fired.untold(first.alerts, never)).map(({ alert, price, time }) => [alert.id, price, time])
        .sort();
    assertEquals(await untold(), [
      ["A<5", 4, 1003],
      ["A>10", 11, 1001],
      ["B=7", 8, 1001],
      ["LAST>1", 2, 1000],
    ]);
    await fired.told("A<5", never);
    assertEquals((await untold()).length, 3);

    const second = watching(fired, "A>10,A<5,B=7,NEXT>1");
    second.publish("A", 11, 4);
    second.publish("B", 6, 8);
    second.publish("NEXT", 2);
    await second.fired(1);
    await second.end();
  }
});

Deno.test("an alert that goes off while the disk is full is kept when there is room, and ends nothing", async () => {
  const failures: string[] = [];
  using database = new Database(":memory:", { onFailure: (name) => failures.push(name) });
  leaveRoom(database, 0);
  for (const length of [900, 90, 9]) {
    assertThrows(() => {
      for (let i = 0;; i++) {
        database.run("INSERT INTO fired_alerts VALUES (?, 0, 1, 1)", `${i}`.padStart(length, "x"));
      }
    });
  }
  failures.length = 0;
  const watch = watching(kept(database), "A>10,A>20");
  watch.publish("A", 15);
  await until("the disk to be full", () => Promise.resolve(failures.length > 0 || "not yet"));
  watch.publish("A", 25);
  leaveRoom(database, 100);
  await watch.fired(2);
  await watch.end();
  const found = await kept(database).untold(watch.alerts, never);
  assertEquals(found.map(({ alert, price }) => [alert.id, price]), [["A>10", 15], ["A>20", 25]]);
});

Deno.test("the webhook is told in order, again until it takes an alert, and of a refused one no more", async () => {
  const alerts = alertRules("A>1,B>1,C%5/2m");
  const fired = new RememberedAlerts();
  for (const [i, alert] of alerts.entries()) await fired.add({ alert, time: 1000 + i, price: 2 });
  const answers: (number | Error)[] = [new Error("refused"), 503, 429, 200, 401, 204];
  const bodies: string[] = [];
  const failures = counter();
  const post = async (_url: string | URL | Request, init?: RequestInit) => {
    const headers = new Headers(init?.headers);
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers.get("finnhub-pipe-signature")!)!;
    assertEquals([t, v1], ["77", await signatureOf(`77.${init!.body}`, "key")]);
    assertEquals(init!.redirect, "error");
    bodies.push(`${headers.get("idempotency-key")} ${init!.body}`);
    const answer = answers.shift()!;
    if (answer instanceof Error) throw answer;
    return new Response(null, { status: answer });
  };
  const stop = new AbortController();
  const webhook = new Webhook({
    url: new URL("http://127.0.0.1/hook"),
    secret: "key",
    alerts,
    fired,
    fetch: post as typeof fetch,
    failures,
    log: silent,
    random: () => 0,
    now: () => 77_000,
  });
  const running = webhook.run(stop.signal);
  await until("all to be told", () => Promise.resolve(answers.length === 0 || `${answers.length} left`), {
    deadline: 20_000,
  });
  await until("it to be noted", () => fired.untold().then(({ length }) => length === 0 || "not yet"));
  assertEquals(webhook.trouble, undefined);
  stop.abort();
  await running;
  assertEquals(bodies.map((body) => body.slice(0, 6)), [
    "A%3E1%",
    "A%3E1%",
    "A%3E1%",
    "A%3E1%",
    "B%3E1%",
    "C%255%",
  ]);
  assertMatch(
    bodies[5]!,
    /\{"alert":"C%5\/2m","symbol":"C","kind":"move","value":5,"minutes":2,"price":2,"time":1002\}$/,
  );
  assertEquals(failures.value(), 4);
});
