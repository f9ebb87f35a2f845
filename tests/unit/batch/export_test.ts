import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import avro from "avsc";
import { avroFile, csv, type ExportFormat, ndjson } from "../../../src/batch/files/export_format.ts";
import { parquet } from "../../../src/batch/files/parquet.ts";
import {
  AVERAGES,
  candleTable,
  type ExportTable,
  GAPS,
  TRADES,
} from "../../../src/batch/files/export_rows.ts";
import { addTrade, emptyAggregate } from "../../../src/market/aggregate.ts";
import { bucketOf, CANDLES, candlesOf, RUNNING_AVERAGE } from "../../../src/market/series.ts";
import { Calendars } from "../../../src/market/calendar/calendars.ts";
import { importedTradeId } from "../../../src/market/trade_id.ts";
import { MemoryBatchStore, START } from "./fakes.ts";

const aggregate = {
  ...emptyAggregate(),
  count: 2,
  volume: 0,
  turnover: 0,
  open: 1.5,
  openTime: START,
  high: 3,
  low: 1,
  close: 0.1 + 0.2,
  closeTime: START,
};

async function filled(): Promise<MemoryBatchStore> {
  const store = new MemoryBatchStore();
  for (const [i, symbol] of ["A", 'B,"x"'].entries()) {
    for (let place = 0; place < 150; place++) {
      const trade = { symbol, time: START, price: place / 3, volume: i, conditions: i ? ["1", "12"] : [] };
      await store.writeTrades(symbol, START, [{ ...trade, id: importedTradeId(trade, place), ingested: 0 }]);
    }
    for (const kind of [CANDLES[2]!, RUNNING_AVERAGE]) {
      const repair = {
        key: START,
        aggregate: { ...aggregate, volume: i },
        partition: 0,
        complete: 0,
        timestamp: 1n,
      };
      await store.writeRepairs({ symbol, kind, bucket: 0 }, [repair]);
    }
  }
  return store;
}

async function exported(format: ExportFormat, table: ExportTable): Promise<Uint8Array> {
  const store = await filled();
  const rows = async function* () {
    for (const symbol of ["A", 'B,"x"']) yield* table.rows(store, symbol, START, START + 1);
  };
  const parts: Uint8Array[] = [];
  for await (const part of format(table, rows())) parts.push(part);
  return Buffer.concat(parts);
}

const text = async (format: ExportFormat, table: ExportTable) =>
  new TextDecoder().decode(await exported(format, table)).trimEnd().split("\n");

async function decoded(bytes: Uint8Array): Promise<unknown[]> {
  const values: unknown[] = [];
  const decoder = new avro.streams.BlockDecoder();
  decoder.on("data", (value: unknown) => values.push(value));
  const ended = new Promise((resolve) => decoder.on("end", resolve));
  decoder.end(bytes);
  await ended;
  return values;
}

Deno.test("trades are exported as frames, one a line, to the last bit", async () => {
  const lines = await text(ndjson, TRADES);
  assertEquals(lines.length, 300);
  assertEquals(JSON.parse(lines[1]!), {
    data: [{ c: null, p: 1 / 3, s: "A", t: START, v: 0 }],
    type: "trade",
  });
  assertEquals(JSON.parse(lines[299]!).data[0].c, ["1", "12"]);
});

Deno.test("an Avro file holds trades of one symbol a record, by the schema of the topic", async () => {
  const messages = await decoded(await exported(avroFile, TRADES)) as { data: { s: string }[] }[];
  assertEquals(messages.map(({ data }) => data.length), [100, 50, 100, 50]);
  for (const { data } of messages) assertEquals(new Set(data.map(({ s }) => s)).size, 1);
  const lines = await text(ndjson, TRADES);
  assertEquals(
    messages.flatMap(({ data }) => data).map((trade) => JSON.stringify({ data: [trade], type: "trade" })),
    lines,
  );
});

Deno.test("windows are the same in all formats, and a VWAP without volume is absent", async () => {
  const candle = {
    symbol: "A",
    interval: "1m",
    start: START,
    open: 1.5,
    high: 3,
    low: 1,
    close: 0.30000000000000004,
    volume: 0,
    turnover: 0,
    vwap: null,
    trades: 2,
    complete: null,
    source: null,
  };
  const table = candleTable({ interval: "1m" });
  const rows = (await text(ndjson, table)).map((line) => JSON.parse(line));
  assertEquals(rows, [candle, { ...candle, symbol: 'B,"x"', volume: 1, vwap: 1 }]);
  assertEquals((await decoded(await exported(avroFile, table))).map((row) => ({ ...row as object })), rows);
  assertEquals(await text(csv, table), [
    "symbol,interval,start,open,high,low,close,volume,turnover,vwap,trades,complete,source",
    `A,1m,${START},1.5,3,1,0.30000000000000004,0,0,,2,,`,
    `"B,""x""",1m,${START},1.5,3,1,0.30000000000000004,1,0,1,2,,`,
  ]);
  const average = { symbol: "A", end: START, mean: 0, volume: 0, turnover: 0, vwap: null, trades: 2 };
  assertEquals(JSON.parse((await text(ndjson, AVERAGES))[0]!), average);
  assertEquals({ ...(await decoded(await exported(avroFile, AVERAGES)))[0] as typeof average }, average);
  assertEquals(await text(csv, candleTable({ interval: "5m" })), [(await text(csv, table))[0]!]);
});

Deno.test("candles of intervals in which nobody traded are exported on request, of the previous close or without numbers", async () => {
  const store = new MemoryBatchStore();
  const kind = CANDLES[2]!;
  for (const [place, close] of [[0, 5], [3, 7]] as const) {
    const repair = {
      key: START + place * 60_000,
      aggregate: { ...aggregate, close },
      partition: 0,
      complete: 0,
      timestamp: 1n,
    };
    await store.writeRepairs({ symbol: "A", kind, bucket: 0 }, [repair]);
  }
  const rows = async (fill: "none" | "previous" | "null") => {
    const table = candleTable({ interval: "1m", fill });
    const all = await Array.fromAsync(table.rows(store, "A", START, START + 600_000));
    return all.map((
      { close, start, trades, turnover, volume },
    ) => [(Number(start) - START) / 60_000, close, volume, turnover, trades]);
  };
  assertEquals(await rows("none"), [[0, 5, 0, 0, 2], [3, 7, 0, 0, 2]]);
  assertEquals(await rows("previous"), [[0, 5, 0, 0, 2], [1, 5, 0, 0, 0], [2, 5, 0, 0, 0], [3, 7, 0, 0, 2]]);
  assertEquals((await rows("null")).slice(1, 3), [[1, null, null, null, 0], [2, null, null, null, 0]]);
  const lines: string[] = [];
  for await (
    const part of csv(
      candleTable({ interval: "1m", fill: "null" }),
      candleTable({ interval: "1m", fill: "null" }).rows(store, "A", START, START + 120_000),
    )
  ) {
    lines.push(new TextDecoder().decode(part));
  }
  assertEquals(
    lines.join("").trimEnd().split("\n").length,
    2,
    "none before the first and after the last that is stored",
  );
});

Deno.test("longer intervals and sessions are made of what is stored, whatever range is exported at once", async () => {
  const store = new MemoryBatchStore();
  const trades = Array.from({ length: 4000 }, (_, i) => ({
    symbol: "AAPL",
    price: 100 + i % 7,
    volume: 1,
    time: Date.UTC(2024, 1, 1) + i * 3_600_000,
    conditions: [],
  }));
  for (const kind of [candlesOf("5m")!, candlesOf("1h")!]) {
    for (const trade of trades) {
      const key = trade.time - trade.time % kind.lengthMs;
      const aggregate = emptyAggregate();
      addTrade(aggregate, trade.price, trade.volume, trade.time);
      const repair = { key, aggregate, partition: 0, complete: 0, timestamp: 1n };
      await store.writeRepairs({ symbol: "AAPL", kind, bucket: bucketOf(kind, key) }, [repair]);
    }
  }
  const [from, to] = [trades[0]!.time, trades.at(-1)!.time + 1];
  const calendar = new Calendars().of("AAPL");
  for (const session of ["all", "regular"] as const) {
    const own = trades.filter(({ time }) => session === "all" || calendar.sessionAt(time) === session);
    const wanted = Map.groupBy(own, ({ time }) => calendar.dayOf(time).start);
    const table = candleTable({ interval: "1d", session });
    const rows = await Array.fromAsync(table.rows(store, "AAPL", from, to));
    const starts = [...wanted.keys()].filter((start) => start >= from);
    assertEquals(
      rows.map(({ close, start, trades }) => [start, trades, close]),
      starts.map((start) => {
        const day = wanted.get(start)!;
        return [start, day.length, day.at(-1)!.price];
      }),
    );
  }
});

Deno.test("candles are exported with whether they are complete, and gaps with their ends, in all formats", async () => {
  const store = new MemoryBatchStore();
  const kind = CANDLES[2]!;
  for (const place of [0, 1, 2]) {
    const repair = { key: START + place * 60_000, aggregate, partition: 0, complete: 0, timestamp: 1n };
    await store.writeRepairs({ symbol: "A", kind, bucket: 0 }, [repair]);
  }
  store.told = [
    { kind: "followed", symbol: "A", from: START + 60_000, to: START + 60_000, why: "" },
    { kind: "gap", symbol: "A", from: START + 121_000, to: START + 122_000, why: "lost" },
    { kind: "gap", symbol: "A", from: START + 500_000, why: "stopped" },
  ];
  const table = candleTable({ interval: "1m", now: START + 3_600_000 });
  const candles = await Array.fromAsync(table.rows(store, "A", START, START + 600_000));
  assertEquals(candles.map(({ complete }) => complete), [null, true, false]);
  const bytes = async (format: ExportFormat, of: ExportTable) =>
    Buffer.concat(await Array.fromAsync(format(of, of.rows(store, "A", START, START + 600_000))));
  assertEquals((await decoded(await bytes(avroFile, table))).map((row) => ({ ...row as object })), candles);
  const lines = String(await bytes(csv, table)).trim().split("\n");
  assertEquals(lines.slice(1).map((line) => line.split(",").at(-2)), ["", "true", "false"]);
  assertEquals(String(await bytes(csv, GAPS)).trim().split("\n"), [
    "symbol,start,until,reason,filled_at,filled_from",
    `A,${START + 121_000},${START + 122_000},lost,,`,
    `A,${START + 500_000},,stopped,,`,
  ]);
  assertEquals((await decoded(await bytes(avroFile, GAPS))).length, 2);
  for (const each of [table, GAPS]) assertEquals(String(await bytes(parquet, each)).slice(0, 4), "PAR1");
});

Deno.test("candles by sale conditions are exported with null where no print set a price, in all formats", async () => {
  const store = new MemoryBatchStore();
  const kind = candlesOf("1m", "sip")!;
  const alone = { ...emptyAggregate(), count: 1, volume: 5, turnover: 50 };
  for (const [place, row] of [alone, aggregate].entries()) {
    const repair = { key: START + place * 60_000, aggregate: row, partition: 0, complete: 0, timestamp: 1n };
    await store.writeRepairs({ symbol: "A", kind, bucket: 0 }, [repair]);
  }
  const table = candleTable({ interval: "1m", rule: "sip" });
  const rows = await Array.fromAsync(table.rows(store, "A", START, START + 600_000));
  assertEquals(rows.map(({ close, high, low, open, vwap }) => [open, high, low, close, vwap]), [
    [null, null, null, null, 10],
    [1.5, 3, 1, 0.1 + 0.2, null],
  ]);
  const bytes = async (format: ExportFormat) =>
    Buffer.concat(await Array.fromAsync(format(table, table.rows(store, "A", START, START + 600_000))));
  assertEquals((await decoded(await bytes(avroFile))).map((row) => ({ ...row as object })), rows);
  const lines = String(await bytes(csv)).trim().split("\n");
  assertEquals(lines[1]!.split(",").slice(3, 7), ["", "", "", ""]);
  assertEquals(String(await bytes(parquet)).slice(0, 4), "PAR1");
});
