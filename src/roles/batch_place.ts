import type { BatchStore } from "../batch/ports.ts";
import { CassandraBatchStore } from "../cassandra/batch_store.ts";
import { cassandraErrorText, cassandraSession, isTransient } from "../cassandra/session.ts";
import { CassandraTradeStore } from "../cassandra/trade_store.ts";
import { sqliteAnswer } from "../embedded/answers.ts";
import { SqliteBatchStore } from "../embedded/tables/batch_store.ts";
import { openFolder } from "../embedded/folder.ts";
import { RefusedRows } from "../embedded/tables/refused_rows.ts";
import { SqliteStore } from "../embedded/tables/store.ts";
import { FUTURE_TOLERANCE_MS } from "../market/trade.ts";
import type { CassandraSettings } from "../settings/cassandra.ts";
import type { Settings } from "../settings/settings.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";

/** Settings that say where the rows are. */
export type BatchPlaceSettings = CassandraSettings & Pick<Settings, "data">;

/** How long role `local` keeps what is in its folder, milliseconds; 0 for ever. */
export type Keeping = Partial<Pick<Settings, "keepTrades" | "keepWindows">>;

/** Where the rows are that a batch role works on. */
export interface BatchPlace extends AsyncDisposable {
  store: BatchStore;
  /** Names the place, for a bookmark. */
  name: string;
  /** Since when all raw trades are there, and all windows; milliseconds. What is older may have been forgotten. */
  keptSince(): Promise<{ trades: number; windows: number }>;
  /** What an error of the store says. */
  errorText(error: unknown): string;
  /** Whether what failed so may succeed later. */
  isTransient(error: unknown): boolean;
}

/** Trades are stored soon after their time: how soon at most, milliseconds. */
const STORED_WITHIN_MS = 60_000;

/**
 * The folder that `--data` names, or Cassandra.
 *
 * @param batchRows raw trades of one write
 * @throws {DatabaseError} for a folder that cannot be used
 */
export function openBatchPlace(
  settings: BatchPlaceSettings & Keeping,
  log: Logger,
  batchRows: number,
): BatchPlace {
  return settings.data === undefined
    ? cassandraPlace(settings, log, batchRows)
    : folderPlace(settings.data, settings, log);
}

function cassandraPlace(settings: BatchPlaceSettings, log: Logger, batchRows: number): BatchPlace {
  const { cassandraKeyspace: keyspace } = settings;
  const session = cassandraSession(settings, keyspace, log);
  const store = new CassandraBatchStore(session, new CassandraTradeStore(session, batchRows));
  return {
    store,
    name: keyspace,
    async keptSince() {
      const now = Date.now();
      // A trade is stored at its time at the earliest, but for clocks that are a day ahead.
      const since = async (table: "trades" | "candles") =>
        now - await store.keptFor(keyspace, table) + FUTURE_TOLERANCE_MS;
      return { trades: await since("trades"), windows: await since("candles") };
    },
    errorText: cassandraErrorText,
    isTransient,
    [Symbol.asyncDispose]: () => session.shutdown(),
  };
}

function folderPlace(
  folder: string,
  { keepTrades = 0, keepWindows = 0 }: Keeping,
  log: Logger,
): BatchPlace {
  const database = openFolder(folder, {
    onMalformed: (what) =>
      log.error("the folder holds what finnhub-pipe did not write, passed over", { what }),
  });
  const refused = new MetricRegistry().counter("refused", "Rows that the database refuses for ever");
  const stream = new SqliteStore(database, new RefusedRows({ database, refused, log, now: Date.now }));
  const since = (kept: number) => kept === 0 ? -Infinity : Date.now() - kept + STORED_WITHIN_MS;
  return {
    store: new SqliteBatchStore(database, stream, Date.now),
    name: folder,
    keptSince: () => Promise.resolve({ trades: since(keepTrades), windows: since(keepWindows) }),
    errorText,
    isTransient: (error) => sqliteAnswer(error).answer === "again",
    [Symbol.asyncDispose]: () => Promise.resolve(database[Symbol.dispose]()),
  };
}
