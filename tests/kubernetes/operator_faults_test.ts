import { assert, assertEquals } from "@std/assert";
import { integrationTest, secondsFrom } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { until } from "../services/until.ts";
import { Operating } from "./operating.ts";

/** How long the API server stays away. `make faults` says 60; a test run that everybody waits for, less. */
const AWAY_S = secondsFrom("FAULT_SECONDS", 15);

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000));

integrationTest(
  "operators come, go and are killed, the API server is away: one acts, and what is wrong is set right",
  async (t) => {
    const say = progressOnStderr();
    await using stage = await Operating.set();
    const first = stage.operator();
    await first.says(/"message":"leader"/);
    await stage.until("Ready");
    const second = stage.operator();
    await second.says(/"message":"stands by"/);

    const heals = async (what: string, deadline = 60_000) => {
      const start = performance.now();
      await stage.kubectl("delete", "svc", "kafka");
      await until(
        `the Service to be back ${what}`,
        async () => await stage.find("svc", "kafka") ? true : "not yet",
        { deadline },
      );
      const ms = Math.round(performance.now() - start);
      say(`a deleted Service was back after ${ms} ms ${what}`);
      return ms;
    };

    await t.step("of two operators one acts", async () => {
      await heals("with two operators");
      assert(/"message":"applied".*Service pipeline\/kafka"/.test(first.stderr));
      assert(!/"message":"applied"/.test(second.stderr));
    });

    await t.step("when the leader is killed the other one takes over", async () => {
      first.kill("SIGKILL");
      // A lease that nobody gave back lasts 15 seconds.
      await second.says(/"message":"leader"/, 30_000);
      await heals("after the leader was killed");
    });

    const third = stage.operator();
    await t.step("a leader that is asked to stop hands over at once", async () => {
      await third.says(/"message":"stands by"/);
      const { code, ms } = await second.stop();
      const start = performance.now();
      assertEquals(code, 0);
      assert(ms < 5000, `${ms} ms`);
      await third.says(/"message":"leader"/, 10_000);
      say(`handed over ${Math.round(performance.now() - start)} ms after the leader had stopped`);
      await heals("after the hand-over");
    });

    await t.step("changes that were made while no operator ran are seen by the next", async () => {
      assertEquals((await third.stop()).code, 0);
      await stage.kubectl("delete", "svc,pdb,netpol", "kafka");
      await stage.kubectl("scale", "sts/cassandra", "--replicas=0");
      await stage.change({ tickers: ["AAPL"] });
      const next = stage.operator();
      await until("all to be right", async () => {
        const right = {
          service: await stage.find("svc", "kafka") !== undefined,
          cassandra: (await stage.get("sts", "cassandra")).spec.replicas === 1,
          producer: JSON.stringify(await stage.get("deploy", "producer")).includes('"AAPL"'),
        };
        return Object.values(right).every(Boolean) || `${JSON.stringify(right)}: ${next.stderr.slice(-2000)}`;
      });
      await stage.until("Ready");
    });

    // Last: the cluster's own controllers take their time to recover from it.
    await t.step(`the API server away for ${AWAY_S} s: the operator goes on by itself`, async () => {
      await stage.cluster.stopApiServer();
      await seconds(AWAY_S);
      await stage.cluster.startApiServer();
      await heals(`after the API server was away for ${AWAY_S} s`);
      await stage.until("Ready");
    });
  },
);
