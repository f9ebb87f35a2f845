import type { Hono } from "hono";
import { compress } from "hono/compress";
import type { MarketReader } from "../market/reader.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { addApi, type CandleChoice } from "./dashboard/api.ts";
import type { Board } from "./dashboard/board.ts";
import type { PipelineNumbers } from "./dashboard/pipeline_numbers.ts";
import { addSymbolApi } from "./dashboard/symbol_api.ts";
import type { SymbolDesk } from "./dashboard/symbol_desk.ts";
import { DashboardStreams } from "./dashboard/streams.ts";
import { onlyOwnHosts, type OwnHosts } from "./own_hosts.ts";
import { pageFiles } from "./page_files.ts";
import library from "./pages/dashboard/lightweight-charts/standalone.js" with { type: "text" };
import licence from "./pages/dashboard/lightweight-charts/LICENSE" with { type: "text" };
import chosen from "./pages/dashboard/styles/chosen.css" with { type: "text" };
import menus from "./pages/dashboard/styles/menus.css" with { type: "text" };
import forcedColours from "./pages/dashboard/styles/forced_colors.css" with { type: "text" };
import layout from "./pages/dashboard/styles/layout.css" with { type: "text" };
import html from "./pages/dashboard/page.html" with { type: "text" };
import panels from "./pages/dashboard/styles/panels.css" with { type: "text" };
import watchList from "./pages/dashboard/styles/watch_list.css" with { type: "text" };
import { probes, type ReadinessCheck } from "./probes.ts";
import { securityHeaders, serveFiles, type StaticFile } from "./static_files.ts";

export interface DashboardAppOptions {
  board: Board;
  reader: MarketReader;
  /** Names that the page answers to; to others it says 421. */
  hosts: OwnHosts;
  candles: CandleChoice;
  /** What the pipeline panel shows, but for what the server itself knows. */
  numbers(): Omit<PipelineNumbers, "now" | "pages" | "start">;
  /** The page's bundled script, as `pageScript` has it. */
  script: string;
  /** Where symbols are found and added; a page without one offers neither. */
  desk?: SymbolDesk;
  registry: MetricRegistry;
  ready: ReadinessCheck;
  /** Ends the event streams: a server does not close while one is open. */
  signal: AbortSignal;
  /** Milliseconds since the epoch. */
  now: () => number;
}

const CHARTS: readonly StaticFile[] = [
  ["/lightweight-charts.js", library, "text/javascript"],
  ["/lightweight-charts-licence.txt", licence, "text/plain"],
];

/** Hash of the one style sheet that lightweight-charts adds by itself, for its attribution; a test compares it. */
export const LOGO_STYLE = "'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='";

/**
 * The live page: probes and metrics, the JSON API under `/api`, and at `/` the page itself.
 *
 * @example
 * ```ts
 * const app = dashboardApp({ script, board, reader, numbers, hosts, registry, ready: () => [], signal, now: Date.now });
 * (await app.request("/api/symbols")).json(); // { symbols: [{ symbol, price, … }] }
 * ```
 */
export function dashboardApp(options: DashboardAppOptions): Hono {
  const { board, candles, desk, hosts, now, numbers, reader, ready, registry, script, signal } = options;
  const start = now().toString(36);
  const streams: DashboardStreams = new DashboardStreams({
    board,
    signal,
    numbers: () => ({ ...numbers(), now: now(), pages: streams.clients, start }),
  });
  registry.gaugeOf("finnhub_pipe_dashboard_pages", "Pages that are open", () => streams.clients);
  registry.gaugeOf("finnhub_pipe_dashboard_trades", "Trades that the page has seen", () => board.trades);
  registry.gaugeOf(
    "finnhub_pipe_dashboard_trades_dropped",
    "Trades that came faster than the page could add them up",
    () => board.dropped,
  );
  const app = probes({ registry, notReady: ready });
  const security = securityHeaders(LOGO_STYLE);
  // Behind the probes, which kubelets and Prometheus ask for by whatever address they have.
  app.use(onlyOwnHosts(hosts, security));
  app.use(compress());
  addApi(app, { reader, board, candles, streams, canAdd: desk !== undefined, security, now });
  addSymbolApi(app, { desk, security, signal });
  serveFiles(
    app,
    [
      ...pageFiles({ html, script, styles: [layout, watchList, chosen, menus, panels, forcedColours] }),
      ...CHARTS,
    ],
    security,
  );
  return app;
}
