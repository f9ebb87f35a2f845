import type { RoleContext } from "../command/role.ts";
import { badLines, openReplay } from "../finnhub/simulator/replay.ts";
import { startSimulator } from "../finnhub/simulator/simulator.ts";
import { syntheticMarket } from "../finnhub/simulator/synthetic.ts";
import type { SettingName } from "../settings/settings.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";
import { aborted } from "../async/wait.ts";
import { serveHttp } from "../web/http/server.ts";
import { probes } from "../web/probes.ts";

type Used = Extract<
  SettingName,
  | "simulatorListen"
  | "simulatorToken"
  | "replay"
  | "speed"
  | "loop"
  | "now"
  | "symbols"
  | "rate"
  | "seed"
  | "marketHours"
  | "symbolLimit"
  | "pingInterval"
  | "misbehave"
  | "misbehaveEvery"
  | "holes"
  | "httpListen"
>;

/** Serves a feed like Finnhub's until stopped. */
export async function run({ log, print, settings, signal }: RoleContext<Used>): Promise<number> {
  const { loop, marketHours: hours, now, rate, replay, seed, speed, symbols } = settings;
  const source = replay === undefined ? syntheticMarket({ symbols, rate, seed, hours }) : await openReplay({
    file: replay,
    speed,
    loop,
    now,
    open: async (file) => (await Deno.open(file)).readable,
    onBadLine: badLines(replay, log),
  });
  const registry = new MetricRegistry();
  const simulator = startSimulator({
    ...settings,
    listen: settings.simulatorListen,
    token: settings.simulatorToken,
    source,
    log,
    registry,
  });
  const http = serveHttp(probes({ registry, notReady: () => [] }), settings.httpListen, { registry, log });
  print(`FINNHUB_WS_URL=${simulator.wsUrl} FINNHUB_REST_URL=${simulator.restUrl}`);
  log.info("simulator started", {
    market: replay ?? "synthetic",
    symbols: source.symbols.slice(0, 20).join(","),
    http: http.url,
  });

  await Promise.race([aborted(signal), simulator.finished.then(() => aborted(signal))]);

  await simulator.close();
  await http.close();
  return 0;
}
