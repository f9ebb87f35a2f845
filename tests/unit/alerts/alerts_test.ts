import { assert, assertEquals, assertMatch } from "@std/assert";
import { AlertWatch } from "../../../src/alerts/alert_watch.ts";
import { type FiredAlert, type FiredAlerts, RememberedAlerts } from "../../../src/alerts/fired_alerts.ts";
import { alertRules } from "../../../src/alerts/rule.ts";
import { signatureOf, Webhook } from "../../../src/alerts/webhook.ts";
import { Database } from "../../../src/embedded/database.ts";
import { SqliteFiredAlerts } from "../../../src/embedded/tables/fired_alerts.ts";
import { TradeHub } from "../../../src/market/live_trades.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { until } from "../../services/until.ts";
import { silent } from "../processing/fakes.ts";

const counter = () => new MetricRegistry().counter("n", "");

Deno.test("each alert goes off once, at the first trade that it waits for, and is kept before anybody is told", async () => {
  for (const make of [() => new RememberedAlerts(), () => new SqliteFiredAlerts(new Database(":memory:"))]) {
    const fired: FiredAlerts = make();
    const alerts = alertRules("A>10,A<5,B=7");
    const hub = new TradeHub();
    const woken: FiredAlert[][] = [];
    const options = {
      alerts,
      trades: hub,
      fired,
      count: counter(),
      log: silent,
      wake: () => woken.push(fired.untold(alerts)),
    };
    const stop = new AbortController();
    const running = new AlertWatch(options).run(stop.signal);
    const publish = (symbol: string, ...prices: number[]) =>
      hub.publish({
        symbol,
        received: 0,
        trades: prices.map((price, i) => ({ symbol, price, time: 1000 + i, volume: 1, conditions: [] })),
      });
    publish("A", 9, 11, 12, 4);
    publish("B", 6, 8, 6);
    publish("C", 100);
    await until("alerts to go off", () => Promise.resolve(woken.length === 3 || `${woken.length}`));
    publish("A", 1, 20);
    stop.abort();
    await running;
    assertEquals(woken.length, 3);
    assertEquals(fired.untold(alerts).map(({ alert, price, time }) => [alert.id, price, time]).sort(), [
      ["A<5", 4, 1003],
      ["A>10", 11, 1001],
      ["B=7", 8, 1001],
    ]);
    fired.told("A<5");
    assertEquals(fired.untold(alerts).length, 2);
    // One that starts again waits for none of them.
    const again = new AlertWatch(options).run(AbortSignal.abort());
    await again;
    assert(["A>10", "A<5", "B=7"].every((id) => fired.has(id)));
  }
});

Deno.test("the webhook is told in order, again until it takes an alert, and of a refused one no more", async () => {
  const alerts = alertRules("A>1,B>1,C%5/2m");
  const fired = new RememberedAlerts();
  for (const [i, alert] of alerts.entries()) fired.add({ alert, time: 1000 + i, price: 2 });
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
  await until("it to be noted", () => Promise.resolve(fired.untold().length === 0 || "not yet"));
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
