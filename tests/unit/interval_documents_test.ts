import { assert, assertEquals } from "@std/assert";
import market from "../../grafana/dashboards/market.json" with { type: "text" };
import grafana from "../../grafana/README.md" with { type: "text" };
import candles from "../../schemas/candles.avsc" with { type: "text" };
import { INTERVALS } from "../../src/market/series.ts";
import { candleSchema, grafanaReadme, marketDashboard } from "../interval_documents.ts";

Deno.test("documents that name the candle intervals are what the table of series makes of them: make readme", () => {
  assertEquals(candles, candleSchema(candles));
  assertEquals(JSON.parse(market), JSON.parse(marketDashboard(market)));
  assertEquals(grafana, grafanaReadme(grafana));
  assert(grafanaReadme(grafana.replaceAll(" at 5s and 15s", " at 7s")) === grafana);
});

Deno.test("each place that names an interval is made anew", () => {
  const spoilt = market.replaceAll(/\b5s,15s,/g, "7s,").replaceAll(/days for 5s and 15s/g, "days for 7s");
  assert(spoilt !== market);
  assertEquals(JSON.parse(marketDashboard(spoilt)), JSON.parse(market));
  for (const name of INTERVALS) assert(candleSchema(candles).includes(name));
});
