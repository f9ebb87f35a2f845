import { integrationTest } from "../needs.ts";
import { sharedServices } from "../services/shared.ts";
import type { Cell } from "./cells.ts";
import { type Shared, startCell } from "./servers.ts";
import { CellRun, STEPS } from "./steps.ts";
import { STEP_NAMES } from "./table.ts";

const services = await sharedServices();

/** cassandra-driver 4.10.0 does, when it is shut down while it connects anew to a node that was killed. */
const LEAVES_TIMERS = true;

/** The short form of make compat: the server that is furthest from those of all other tests, beside one of theirs. */
function cellTest(name: string, cell: Cell, shared: Shared): void {
  integrationTest(`${name} does all that make compat asks for`, async (t) => {
    await using servers = await startCell(cell, shared);
    await using run = await CellRun.on(cell, servers, "bybit_20260809");
    for (const step of STEP_NAMES) {
      if (step === "TLS and SCRAM" && !servers.secure) continue;
      await t.step(step, () => STEPS[step](run));
    }
  }, LEAVES_TIMERS);
}

cellTest("the newest Kafka, in KRaft mode,", { kafka: "4.4", mode: "KRaft", cassandra: "5.0" }, {
  cassandra: services.cassandra,
});

cellTest("the oldest Cassandra", { kafka: "3.9", mode: "ZooKeeper", cassandra: "4.1" }, {
  kafka: services.kafka,
});
