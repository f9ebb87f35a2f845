/** Our client of Cassandra, and a node that answers otherwise than it should: then it behaves, and all goes on. */
import { assert, assertEquals } from "@std/assert";
import { CASSANDRA_ANSWERS, cassandraAnswer } from "../../src/cassandra/answers.ts";
import { RUNNING_AVERAGE } from "../../src/market/series.ts";
import type { CassandraSettings } from "../../src/settings/cassandra.ts";
import { createLogger, errorText } from "../../src/telemetry/log.ts";
import { integrationTest } from "../needs.ts";
import { CassandraNode } from "./cassandra_node.ts";
import { all, type Case, codeOf, inTime, scriptOf, wireCases } from "./cases.ts";

/** How long the driver waits for an answer in these tests: an answer that is late comes later. */
const READ_TIMEOUT = 600;

const casesOf = (...apis: string[]): Case[] => [
  ...wireCases(...apis),
  ...apis.flatMap((api) =>
    [...CASSANDRA_ANSWERS].map(([code, { name }]) => ({ name: `${api}: ${name}`, api, fault: { code } }))
  ),
];

const row = (time: number) => ({
  id: new Uint8Array(16).fill(1),
  time,
  price: 1,
  volume: 2,
  conditions: undefined,
  ingested: undefined,
});
const settingsOf = ({ port }: CassandraNode) =>
  ({
    cassandraHost: [`127.0.0.1:${port}`],
    cassandraPort: port,
    cassandraDatacenter: "datacenter1",
    cassandraConsistency: "local-quorum",
    cassandraTls: false,
    cassandraUser: "",
    cassandraPassword: "",
  }) as CassandraSettings;
const AVERAGES = { symbol: "A", kind: RUNNING_AVERAGE, bucket: 0 };

integrationTest(
  "a store goes on after every answer of a node, or says what only a person can mend",
  () =>
    all(casesOf("OPTIONS", "STARTUP", "REGISTER", "QUERY", "PREPARE", "EXECUTE", "BATCH"), async (each) => {
      const { cassandraErrorText, cassandraSession } = await import("../../src/cassandra/session.ts");
      const { CassandraTradeStore } = await import("../../src/cassandra/trade_store.ts");
      await using node = new CassandraNode(scriptOf(each));
      const settings = settingsOf(node);
      const lines: string[] = [];
      const log = createLogger({
        level: "info",
        format: "text",
        write: (line) => lines.push(line),
        now: Date.now,
      });
      let session = cassandraSession(settings, "market", log, READ_TIMEOUT);
      let last = "";
      /** Tries again what the table says is to be tried again, as every role does. */
      const goOn = async (work: () => Promise<unknown>): Promise<unknown> => {
        for (;;) {
          try {
            await work();
            return undefined;
          } catch (error) {
            last = cassandraErrorText(error);
            const { answer } = cassandraAnswer(error);
            if (answer !== "again" && answer !== "anew") return error;
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
      };
      const connected = async () => {
        try {
          await session.connect();
        } catch (error) {
          await session.shutdown().catch(() => {});
          session = cassandraSession(settings, "market", log, READ_TIMEOUT);
          throw error;
        }
      };
      const write = async () => {
        const failed = await goOn(connected);
        if (failed !== undefined) return failed;
        const store = new CassandraTradeStore(session, 400);
        return await goOn(() => store.writeTrades("A", 0, [row(1), row(2)])) ??
          await goOn(() => store.writeTrades("A", 0, [row(3)])) ?? await goOn(() =>
            store.newestKey(AVERAGES)
          );
      };
      try {
        const failed = await inTime(write(), () => `${last} ${lines.slice(-3).join(" ")}`);
        if (failed !== undefined) {
          const { answer } = cassandraAnswer(failed);
          assertEquals(
            codeOf(each) === undefined ? "no code" : answer,
            CASSANDRA_ANSWERS.get(codeOf(each)!)?.answer,
            errorText(failed),
          );
          assert(answer === "end" || answer === "done", errorText(failed));
        }
        node.script = () => undefined;
        assertEquals(await inTime(write(), () => last), undefined);
        assert(node.writes >= 2, "what was written is there");
      } finally {
        await inTime(session.shutdown().catch(() => {}), () => "the goodbye");
      }
    }),
  true,
);

integrationTest("a store that takes 30 statements in a batch gets no more, once it has said so", async () => {
  const { cassandraSession } = await import("../../src/cassandra/session.ts");
  const { CassandraTradeStore } = await import("../../src/cassandra/trade_store.ts");
  await using node = new CassandraNode(undefined, 30);
  const log = createLogger({ level: "error", format: "text", write: () => {}, now: Date.now });
  const session = cassandraSession(settingsOf(node), "market", log);
  try {
    const store = new CassandraTradeStore(session, 400);
    const rows = Array.from({ length: 400 }, (_, i) => row(i));
    await store.writeTrades("A", 0, rows);
    assertEquals(node.batches.reduce((sum, statements) => sum + statements, 0), 400);
    const asked = node.asked.get("BATCH")!;
    await store.writeTrades("A", 0, rows);
    // 25 rows were the most that was taken: nothing was refused again.
    assertEquals(node.asked.get("BATCH")! - asked, 16);
    assertEquals(node.batches.reduce((sum, statements) => sum + statements, 0), 800);
  } finally {
    await session.shutdown();
  }
}, true);
