import { assert, assertEquals } from "@std/assert";
import { type AlertKind, AlertSight } from "../../../../src/market/price_alert.ts";
import { type Alert, alertsOf, MOST_ALERTS } from "../../../../src/web/pages/dashboard/alerts/alert.ts";

const alert = (kind: AlertKind, value: number, minutes = 5): Alert => ({
  id: "1",
  symbol: "A",
  kind,
  value,
  minutes,
});

/** Which of these prices set it off; one comes each minute. */
function goingOff(what: Alert, ...prices: number[]): number[] {
  const sight = new AlertSight();
  return prices.map((_, i) => i).filter((i) => sight.goesOff(what, prices[i]!, i * 60_000));
}

Deno.test("an alert goes off above, below, or where a price crosses, from either side", () => {
  assertEquals(goingOff(alert("above", 10), 9, 10, 11, 9.99), [1, 2]);
  assertEquals(goingOff(alert("below", 10), 9, 10, 11, 9.99), [0, 1, 3]);
  assertEquals(goingOff(alert("crossing", 10), 11, 12, 9, 8, 10), [2, 4]);
  assertEquals(goingOff(alert("crossing", 10), 8), [], "a first price crosses nothing");
  assertEquals(goingOff(alert("crossing", 10), 10, 11, 12), [], "nor does one that began there");
});

Deno.test("a move is of so many percent within its time, up or down, from whatever price was in it", () => {
  assertEquals(goingOff(alert("move", 10), 100, 105, 109.9, 110), [3]);
  assertEquals(goingOff(alert("move", 10), 100, 95, 90.1, 90), [3]);
  assertEquals(goingOff(alert("move", 10), 100, 95, 104.5), [2], "from the lowest price");
  // The price of the beginning is out of the five minutes.
  assertEquals(goingOff(alert("move", 10), 100, 102, 104, 106, 108, 109, 111), []);
  assertEquals(goingOff(alert("move", 10, 6), 100, 102, 104, 106, 108, 109, 111), [6]);
});

Deno.test("what a browser has kept is read as far as it is alerts, and no more than a bounded number", () => {
  const kept: Alert[] = [alert("above", 1), { ...alert("move", 2), fired: { time: 5, price: 2 } }];
  assertEquals(alertsOf(JSON.stringify(kept)), kept);
  const bad = [
    null,
    1,
    {},
    { ...kept[0], kind: "never" },
    { ...kept[0], value: -1 },
    { ...kept[0], value: "1" },
    { ...kept[0], minutes: 1e9 },
    { ...kept[0], symbol: 5 },
    { ...kept[0], fired: { time: "x", price: 1 } },
  ];
  assertEquals(alertsOf(JSON.stringify([...bad, kept[0]])), [kept[0]!]);
  for (const text of ["", "{}", "null", "[", '"x"']) assertEquals(alertsOf(text), []);
  assert(alertsOf(JSON.stringify(Array(1000).fill(kept[0]))).length <= MOST_ALERTS);
});
