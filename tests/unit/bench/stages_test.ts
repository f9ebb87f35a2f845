import { assert, assertEquals } from "@std/assert";
import { type CpuProfile, stageTable, timeByStage } from "../../bench/profile/stages.ts";

const node = (id: number, functionName: string, url: string, ...children: number[]) => ({
  id,
  callFrame: { functionName, url },
  children,
});

/** A root that calls our fold, which calls a buffer; the driver, whose socket works for it; and what the engine does. */
const PROFILE: CpuProfile = {
  nodes: [
    node(1, "(root)", "", 2, 4, 6, 7, 8, 9),
    node(2, "fold", "file:///x/src/processing/partition_processor.ts", 3),
    node(3, "fill", ""),
    node(4, "write", "file:///npm/cassandra-driver/4.10.0/lib/connection.js", 5),
    node(5, "send", "ext:deno_node/net.ts"),
    node(6, "(garbage collector)", ""),
    node(7, "(idle)", ""),
    node(8, "tick", "ext:core/01_core.js"),
    node(9, "decodeBatch", "file:///npm/kafkajs/2.2.4/src/protocol/decoder.js"),
  ],
  samples: [2, 3, 4, 5, 6, 7, 8, 9],
  timeDeltas: [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000],
};

Deno.test("a profile's time is that of the stage whose code was on top, or that called it", () => {
  assertEquals(
    timeByStage(PROFILE),
    new Map([
      ["fold", 3],
      ["write (driver)", 7],
      ["garbage collection", 5],
      ["idle", 6],
      ["sockets and timers of the runtime", 7],
      ["fetch (kafkajs)", 8],
    ]),
  );
});

Deno.test("the table has the stages in their order, with parts of the time in which something was done", () => {
  const lines = stageTable(timeByStage(PROFILE), 1000);
  assertEquals(lines.map((line) => line.split("  ")[0]), [
    "stage",
    "fetch (kafkajs)",
    "fold",
    "write (driver)",
    "sockets and timers of the runtime",
    "garbage collection",
    "idle",
  ]);
  assert(/^fetch \(kafkajs\) +8 ms +27 % +8\.00 µs$/.test(lines[1]!), lines[1]);
  assert(/^idle +6 ms$/.test(lines.at(-1)!), lines.at(-1));
});
