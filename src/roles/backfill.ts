import { Backfill, type Outcome, unmended } from "../batch/backfill.ts";
import type { Bookmark } from "../batch/files/bookmark.ts";
import { type Difference, differenceLine } from "../batch/difference.ts";
import type { Unit } from "../batch/examine.ts";
import { Importer } from "../batch/importer.ts";
import { type Line, linesOf } from "../batch/files/lines.ts";
import { retrying } from "../batch/retrying.ts";
import { summary } from "../batch/summary.ts";
import { csvParser, HeaderError, parseFrameLine } from "../batch/files/trade_lines.ts";
import { countUnits, spansOf, unitsOf } from "../batch/units.ts";
import { DatabaseError } from "../embedded/database_error.ts";
import { type BatchPlace, type BatchPlaceSettings, openBatchPlace } from "./batch_place.ts";
import { fillFromFeed } from "./batch/fill_from_feed.ts";
import { type ImportFile, keepBookmark, openImport, readBookmark } from "./files.ts";
import type { RoleContext } from "../command/role.ts";
import { MAX_FRAME_LENGTH } from "../market/frame.ts";
import { hourOf } from "../market/series.ts";
import { EARLIEST_TRADE_MS, FUTURE_TOLERANCE_MS } from "../market/trade.ts";
import { type CandleSettings, candlesOfSettings } from "../settings/candles.ts";
import type { FinnhubSettings } from "../settings/finnhub.ts";
import { timeOf } from "../settings/parsers.ts";
import { SettingError } from "../settings/read_settings.ts";
import type { SettingName } from "../settings/settings.ts";

type Used =
  | keyof BatchPlaceSettings
  | keyof CandleSettings
  | keyof FinnhubSettings
  | Extract<
    SettingName,
    | "keepTrades"
    | "keepWindows"
    | "batchFrom"
    | "batchTo"
    | "batchSymbols"
    | "check"
    | "repair"
    | "shrink"
    | "importFile"
    | "fromFeed"
    | "stateFile"
    | "settle"
    | "parallel"
    | "maxTrades"
    | "reportLines"
  >;
type Context = RoleContext<Used>;

const BATCH_ROWS = 400;

/** Recomputes windows from raw trades; exit code 0 when all is right at the end, 1 when not. */
export async function run(context: Context): Promise<number> {
  const { log, settings, signal } = context;
  assertSound(settings);
  const { importFile } = settings;
  // Before any server is asked: what the user can mend at once is said at once.
  const file = importFile === undefined ? undefined : await openImport(importFile);
  await using place = openBatchPlace(settings, log, BATCH_ROWS);
  try {
    return await new Run(context, place, file).run();
  } catch (error) {
    if (signal.aborted) {
      log.warn("stopped before the end; the same command goes on, or starts anew without --state");
      return 1;
    }
    if ([SettingError, ImportError, DatabaseError].some((own) => error instanceof own)) throw error;
    throw new Error(place.errorText(error));
  }
}

function assertSound(settings: Context["settings"]): void {
  const { batchFrom, check, finnhubApiToken, fromFeed, importFile, repair, shrink } = settings;
  const wrong = (problem: string) => {
    throw new SettingError(`${problem}; see finnhub-pipe backfill --help`);
  };
  if (batchFrom === undefined && importFile === undefined) {
    wrong("backfill needs --from, such as --from 2026-01-31");
  }
  if (check && (repair || importFile !== undefined)) {
    wrong("--check writes nothing: leave out --repair and --import");
  }
  if (fromFeed && (check || repair || importFile !== undefined)) {
    wrong("--from-feed goes without --check, --repair and --import");
  }
  if (fromFeed && finnhubApiToken === "") wrong("--from-feed needs FINNHUB_API_TOKEN");
  if (shrink && !repair) wrong("--shrink goes with --repair");
}

/** A file that cannot be read to its end, or that holds no trades. */
class ImportError extends Error {
  override name = "ImportError";
}

/** One run of the role. */
class Run {
  readonly #from: number;
  readonly #to: number;
  readonly #symbols: ReadonlySet<string> | undefined;
  readonly #repair: boolean;
  readonly #task: string;
  #printed = 0;

  constructor(
    readonly context: Context,
    readonly place: BatchPlace,
    readonly file: ImportFile | undefined,
  ) {
    const { batchFrom, batchSymbols, batchTo, fromFeed, importFile, repair, shrink } = context.settings;
    const now = Date.now();
    this.#from = Math.max(EARLIEST_TRADE_MS, batchFrom ? timeOf(batchFrom, now) : 0);
    const importsAll = importFile !== undefined && "ago" in batchTo && batchTo.ago === 0;
    this.#to = Math.min(importsAll ? Infinity : timeOf(batchTo, now), now + FUTURE_TOLERANCE_MS);
    this.#symbols = batchSymbols && new Set(batchSymbols);
    this.#repair = repair || importFile !== undefined || fromFeed;
    this.#task = JSON.stringify([
      place.name,
      batchFrom,
      batchTo,
      batchSymbols,
      repair,
      shrink,
      importFile,
    ]);
  }

  async run(): Promise<number> {
    const { print, settings: { fromFeed, importFile, stateFile } } = this.context;
    if (this.#from >= this.#to) throw new SettingError("--from must be before --to");
    const bookmark = await this.#readBookmark();
    const backfill = await this.#backfill(bookmark);
    let left = 0;
    if (fromFeed) left = await this.#fill(backfill);
    else if (importFile === undefined || this.file === undefined) await this.#recompute(backfill, bookmark);
    else await this.#import(importFile, this.file, backfill, bookmark);
    if (stateFile !== undefined) await Deno.remove(stateFile).catch(() => {});
    for (const line of summary(backfill.totals, this.#repair)) print(line);
    return unmended(backfill.totals) + left === 0 ? 0 : 1;
  }

  /** Fetches what gaps of the feed lack; the number of gaps that are left. */
  #fill(backfill: Backfill): Promise<number> {
    const { context: { log, print, settings, signal }, place: { store } } = this;
    const [from, to, retry] = [this.#from, this.#to, this.#retry()];
    const { calendars } = candlesOfSettings(settings);
    return fillFromFeed({ settings, calendars, store, backfill, from, to, retry, log, print, signal });
  }

  async #backfill({ totals }: Bookmark): Promise<Backfill> {
    const { log, settings } = this.context;
    const since = await this.place.keptSince();
    return new Backfill({
      ...settings,
      ...candlesOfSettings(settings),
      store: this.place.store,
      repair: this.#repair,
      tradesFrom: since.trades,
      // What an import touches is to be there, however old.
      windowsFrom: settings.importFile === undefined && !settings.fromFeed ? since.windows : -Infinity,
      now: Date.now,
      onDifference: (difference, outcome) => this.#report(difference, outcome),
      retry: this.#retry(),
      log,
    }, totals);
  }

  #retry() {
    const { log, signal } = this.context;
    const now = () => performance.now();
    return retrying(
      {
        log,
        now,
        random: Math.random,
        text: (error) => this.place.errorText(error),
        transient: (error) => this.place.isTransient(error),
      },
      signal,
    );
  }

  /** Takes the symbols that are stored, or those that were named, hour by hour. */
  async #recompute(backfill: Backfill, { unit: after }: Bookmark): Promise<void> {
    const { log, settings, signal } = this.context;
    const spans = await this.#retry()(() =>
      spansOf(this.place.store, settings.batchSymbols, this.#from, this.#to)
    );
    const hours = countUnits(spans, this.#from, this.#to);
    log.info(this.#repair ? "repair started" : "check started", {
      in: this.place.name,
      symbols: spans.size,
      hours,
      from: new Date(hourOf(this.#from)).toISOString(),
      to: new Date(this.#to).toISOString(),
      done: backfill.totals.hours,
    });
    using progress = await this.context.progress({
      what: this.#repair ? "repair" : "check",
      total: hours,
      unit: "hours",
    });
    await backfill.run(unitsOf(spans, this.#from, this.#to, after), async (unit) => {
      const done = backfill.totals.hours;
      progress.at(done, done, () => ({ hours, done, ...counts(backfill) }));
      await this.#keep({ task: this.#task, unit, totals: backfill.totals });
    }, signal);
  }

  /** Stores a file's trades and recomputes what they touch. */
  async #import(
    file: string,
    { bytes, read, size }: ImportFile,
    backfill: Backfill,
    { lines: skip = 0 }: Bookmark,
  ): Promise<void> {
    const { log, print, settings: { reportLines }, signal } = this.context;
    let bad = 0;
    const csv = /\.csv(\.gz)?$/i.test(file);
    const importer = new Importer({
      store: this.place.store,
      parse: csv ? csvParser() : parseFrameLine,
      from: this.#from,
      to: this.#to,
      symbols: this.#symbols,
      skip,
      now: Date.now,
      retry: this.#retry(),
      onBadLine: (line, fault) => {
        if (++bad <= reportLines) print(`line ${line}: ${fault}`);
      },
      onStored: (lines) => this.#keep({ task: this.#task, lines }),
    });
    log.info("import started", { file, in: this.place.name, skip });
    const fields = () => ({ ...importer.totals, ...counts(backfill) });
    const stored = () => importer.totals.trades;
    let progress = await this.context.progress({ what: "import", total: size, unit: "trades" });
    const readable = async function* (lines: AsyncIterable<Line>) {
      try {
        for await (const line of lines) {
          if (line.number % 1024 === 0) progress.at(read(), stored(), fields);
          yield line;
        }
      } catch (cause) {
        throw new ImportError(`${file} cannot be read after line ${importer.totals.lines}`, { cause });
      }
    };
    const recompute = async (units: Unit[]) => {
      log.info("recomputing what the import touched", { hours: units.length });
      progress[Symbol.dispose]();
      progress = await this.context.progress({ what: "recompute", total: units.length, unit: "hours" });
      const before = backfill.totals.hours;
      await backfill.run(units, () => {
        const done = backfill.totals.hours - before;
        return Promise.resolve(progress.at(done, done, fields));
      }, signal);
    };
    try {
      await importer.run(readable(linesOf(bytes, MAX_FRAME_LENGTH)), recompute, signal);
    } catch (error) {
      if (error instanceof HeaderError) throw new ImportError(`${file}: ${error.message}`);
      throw error;
    } finally {
      progress[Symbol.dispose]();
    }
    const { amended, badLines, lines, passedOver, trades } = importer.totals;
    if (amended > 0) print(`${amended} trade(s) cancelled or corrected`);
    print(
      `${trades} trade(s) of ${lines} line(s) stored, ${passedOver} passed over, ${badLines} bad line(s)`,
    );
  }

  #report(difference: Difference, outcome: Outcome): void {
    const { print, settings: { fromFeed, importFile, reportLines } } = this.context;
    // That an import changes windows is no news.
    if (outcome === "repaired" && (importFile !== undefined || fromFeed)) return;
    if (++this.#printed <= reportLines) {
      print(`${differenceLine(difference)}${outcome === "found" ? "" : ` (${outcome})`}`);
    }
  }

  async #readBookmark(): Promise<Bookmark> {
    const { log, settings: { stateFile } } = this.context;
    const found = stateFile === undefined ? undefined : await readBookmark(stateFile, this.#task);
    if (found === undefined) return { task: this.#task };
    log.info("going on where an earlier run came to", { lines: found.lines, hours: found.totals?.hours });
    return found;
  }

  async #keep(bookmark: Bookmark): Promise<void> {
    const { stateFile } = this.context.settings;
    if (stateFile !== undefined) await keepBookmark(stateFile, bookmark);
  }
}

const counts = ({ totals }: Backfill) => ({
  windows: totals.windows,
  rawTrades: totals.trades,
  differences: Object.values(totals.differences).reduce((sum, count) => sum + count, 0),
});
