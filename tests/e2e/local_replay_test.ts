/** A recording and the folder of --data: played in pieces, and again. */
import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { RunningRole } from "./role.ts";

const START = Date.UTC(2024, 4, 30, 14);
const FRAMES = 30_000;
/** Frames of two symbols each; every trade has a time of its own. */
const frame = (i: number) =>
  JSON.stringify({
    type: "trade",
    data: [0, 1, 2].map((j) => ({ s: "ABC"[(i + j % 2) % 3], p: 100 + i % 7, t: START + 3 * i + j, v: 1 })),
  });

integrationTest(
  "local: a recording that is killed again and again is in its folder once, and once more only as new",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/frames.ndjson`;
      await Deno.writeTextFile(file, Array.from({ length: FRAMES }, (_, i) => frame(i)).join("\n"));
      const start = (...more: string[]) =>
        new RunningRole(
          "local",
          [
            "--listen",
            "127.0.0.1:0",
            "--data",
            `${folder}/data`,
            "--speed",
            "max",
            "--keep-trades",
            "0",
            ...more,
          ],
          { FINNHUB_API_TOKEN: "" },
        );
      const totals = () => {
        using db = new DatabaseSync(`${folder}/data/finnhub-pipe.sqlite`);
        const { all, distinct } = db.prepare(
          "SELECT COUNT(*) AS 'all', COUNT(DISTINCT trade_timestamp) AS 'distinct' FROM trades",
        ).get()!;
        const { volume } = db.prepare("SELECT SUM(volume) AS volume FROM candles WHERE interval = '1h'")
          .get()!;
        return [all, distinct, volume];
      };
      let sent = 0;
      for (let life = 0; life < 4; life++) {
        await using role = start("--replay", file);
        await until("trades to be appended", async () => {
          const now = await role.metric("finnhub_pipe_producer_trades_out_total");
          return now > 3000 || `${now}`;
        }, { interval: 5 });
        if (life > 0) await role.says(/the beginning of this recording, which goes on where it was/);
        sent += await role.metric("finnhub_pipe_producer_trades_out_total");
        await role.stop("SIGKILL");
      }
      assert(sent < 3 * FRAMES, `${sent} trades were sent: it came to its end before it was killed`);
      {
        await using role = start("--replay", file);
        await role.says(/the market has come to its end/);
        assertEquals((await role.stop()).code, 0, role.stderr);
      }
      assertEquals(totals(), [3 * FRAMES, 3 * FRAMES, 3 * FRAMES]);
      // Under another name, it is the same.
      await Deno.copyFile(file, `${folder}/copy.ndjson`);
      {
        await using role = start("--replay", `${folder}/copy.ndjson`);
        await role.says(/has all of this recording.*--data.*--now/);
        assertEquals((await role.stop()).code, 0, role.stderr);
      }
      assertEquals(totals(), [3 * FRAMES, 3 * FRAMES, 3 * FRAMES]);
      {
        await using role = start("--replay", file, "--now");
        await role.says(/the market has come to its end/);
        assertEquals((await role.stop()).code, 0, role.stderr);
      }
      assertEquals(totals()[0], 6 * FRAMES);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
