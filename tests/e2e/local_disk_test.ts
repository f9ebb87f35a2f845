/** Role `local` and the folder of --data: a disk that is full, files that others made. */
import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { integrationTest, rootTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { RunningRole, runToEnd } from "./role.ts";

const NO_TOKEN = { FINNHUB_API_TOKEN: "" };
const ARGS = ["--listen", "127.0.0.1:0", "--log-format", "json"];

async function command(name: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(name, { args }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Takes what is left of a disk. */
async function fill(file: string): Promise<void> {
  using filler = await Deno.open(file, { create: true, append: true });
  for (const size of [65_536, 512]) {
    try {
      for (;;) {
        const bytes = new Uint8Array(size);
        await filler.write(bytes);
      }
    } catch {
      // It is full.
    }
  }
}

rootTest(
  "local: on a full disk it says so, holds what it can, sheds and counts beyond, and goes on when there is room",
  () =>
    withFolder(async (folder) => {
      await command("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder);
      try {
        await using simulator = new RunningRole(
          "simulator",
          ["--listen", "127.0.0.1:0", "--rate", "2000", "--symbols", "A,B,C"],
          {},
        );
        const [, url] = await simulator.says(/FINNHUB_WS_URL=(\S+)/);
        await using role = new RunningRole(
          "local",
          [...ARGS, "--data", `${folder}/data`, "--tickers", "A,B,C", "--buffer-trades", "3000"],
          { FINNHUB_API_TOKEN: "disk-token", FINNHUB_WS_URL: url! },
        );
        const stored = () => role.metric("finnhub_pipe_processor_trades_out_total");
        await until("trades to be stored", async () => await stored() > 500 || "few");
        await until("it to be ready", async () => (await role.readiness()).status === 200 || "not yet");
        await fill(`${folder}/filler`);
        await until("a trade to be shed", async () => {
          return await role.metric("finnhub_pipe_producer_trades_shed_total") > 0 || "none is";
        }, { deadline: 90_000 });
        const { status, text } = await role.readiness();
        assertEquals(status, 503);
        assert(/the log takes no messages since \d{4}-.*: .*full; make room on the disk/.test(text), text);
        assert(await role.metric("finnhub_pipe_local_database_failures_total") > 0);
        const said = role.stderr.split("\n").filter((line) => /the log takes no messages, trying/.test(line));
        assertEquals(said.length, 1, said.join("\n"));
        const before = await stored();
        await Deno.remove(`${folder}/filler`);
        await until("trades to be stored again", async () => await stored() > before + 5000 || "few");
        await until("it to be ready again", async () => (await role.readiness()).status === 200 || "not yet");
        await simulator.stop();
        assertEquals((await role.stop()).code, 0, role.stderr);

        const db = new DatabaseSync(`${folder}/data/finnhub-pipe.sqlite`);
        const one = (sql: string) => Object.values(db.prepare(sql).get()!)[0];
        const totals = JSON.parse(
          role.stderr.split("\n").find((line) => line.includes("local pipeline stopped"))!,
        );
        assertEquals(totals.received, totals.sent + totals.shed);
        assertEquals(one("SELECT COUNT(*) FROM trades"), totals.sent);
        assertEquals(one("SELECT SUM(trade_count) FROM candles WHERE interval = '1h'"), totals.sent);
        db.close();
      } finally {
        await command("umount", folder);
      }
    }),
);

rootTest("local: it stops in time while the disk is full", () =>
  withFolder(async (folder) => {
    await command("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder);
    try {
      await using role = new RunningRole(
        "local",
        [...ARGS, "--data", `${folder}/data`, "--rate", "3000"],
        NO_TOKEN,
      );
      await role.http();
      await fill(`${folder}/filler`);
      await until("it to say so", async () => {
        return (await role.readiness()).text.includes("the log takes no messages") || "not yet";
      });
      const { code, ms } = await role.stop();
      assert(ms < 10_000 && !/giving up/.test(role.stderr), `${ms} ms: ${role.stderr}`);
      // A checkpoint may have made room meanwhile.
      const { received, sent, shed } = JSON.parse(
        role.stderr.split("\n").find((line) => line.includes("local pipeline stopped"))!,
      );
      assertEquals(code, received === sent + shed ? 0 : 1, role.stderr);
      assertEquals(/trades are lost/.test(role.stderr), code === 1, role.stderr);
    } finally {
      await command("umount", folder);
    }
  }));

integrationTest(
  "local: a folder is for its user alone, and links in the place of its files are refused",
  () =>
    withFolder(async (folder) => {
      await using role = new RunningRole("local", [...ARGS, "--data", `${folder}/data`], NO_TOKEN);
      await role.http();
      assertEquals((await Deno.stat(`${folder}/data`)).mode! & 0o777, 0o700);
      for await (const { name } of Deno.readDir(`${folder}/data`)) {
        assertEquals((await Deno.stat(`${folder}/data/${name}`)).mode! & 0o777, 0o600, name);
      }
      assertEquals((await role.stop()).code, 0);
      // As earlier versions left it.
      await Deno.chmod(`${folder}/data/finnhub-pipe.sqlite`, 0o644);
      await using again = new RunningRole("local", [...ARGS, "--data", `${folder}/data`], NO_TOKEN);
      await again.http();
      assertEquals((await Deno.stat(`${folder}/data/finnhub-pipe.sqlite`)).mode! & 0o777, 0o600);
      await again.stop();

      await Deno.writeTextFile(`${folder}/victim`, "untouched");
      for (const suffix of ["", "-wal", "-shm", "-journal"]) {
        for (const target of [`${folder}/victim`, `${folder}/nothing`]) {
          const data = await Deno.makeTempDir({ dir: folder });
          await Deno.symlink(target, `${data}/finnhub-pipe.sqlite${suffix}`);
          const { code, stderr } = await runToEnd(["local", ...ARGS, "--data", data], NO_TOKEN);
          assertEquals(code, 1);
          assert(/no file of its own; remove it, or name another folder with --data/.test(stderr), stderr);
        }
      }
      assertEquals(await Deno.readTextFile(`${folder}/victim`), "untouched");
      assertEquals(await Deno.stat(`${folder}/nothing`).catch(() => "absent"), "absent");
    }),
);

integrationTest(
  "local: a file that another program made or changed ends it at once with one clear error",
  () =>
    withFolder(async (folder) => {
      {
        await using role = new RunningRole("local", [...ARGS, "--data", `${folder}/good`], NO_TOKEN);
        await role.http();
        await role.stop();
      }
      const changed = async (change: string) => {
        const data = await Deno.makeTempDir({ dir: folder });
        await Deno.copyFile(`${folder}/good/finnhub-pipe.sqlite`, `${data}/finnhub-pipe.sqlite`);
        const db = new DatabaseSync(`${data}/finnhub-pipe.sqlite`);
        db.exec(change);
        db.close();
        return data;
      };
      const endless =
        "DROP TABLE followed_symbols; CREATE VIEW followed_symbols(symbol) AS WITH RECURSIVE n(x) AS " +
        "(SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 'S' || x FROM n";
      const cases: [data: string, says: RegExp][] = [
        [await changed(endless), /is no database of finnhub-pipe, or was changed by another program/],
        [await changed("CREATE TABLE mine (x)"), /is no database of finnhub-pipe/],
        [await changed("UPDATE source_epochs SET starts = '{'"), /holds what finnhub-pipe did not write/],
        [await changed("UPDATE log_partitions SET committed = 'x'"), /holds what finnhub-pipe did not write/],
        [await changed("PRAGMA user_version = -5"), /is no database of finnhub-pipe/],
        [await changed("PRAGMA user_version = 99"), /made by a later version/],
      ];
      const junk = await Deno.makeTempDir({ dir: folder });
      await Deno.writeTextFile(`${junk}/finnhub-pipe.sqlite`, "no database ".repeat(1000));
      cases.push([junk, /cannot be used; restore the folder from a copy/]);
      for (const [data, says] of cases) {
        const env = { FINNHUB_API_TOKEN: "any-token", FINNHUB_WS_URL: "ws://127.0.0.1:9" };
        const { code, stderr } = await runToEnd(["local", ...ARGS, "--data", data], env);
        const errors = stderr.split("\n").filter((line) => line.startsWith("finnhub-pipe: "));
        assertEquals([code, errors.length], [1, 1], stderr);
        assert(says.test(errors[0]!) && errors[0]!.includes(data) && errors[0]!.includes("--data"), stderr);
      }
    }),
);

integrationTest(
  "local: a file that is damaged while it runs ends it with the reason and exit code 1",
  () =>
    withFolder(async (folder) => {
      await using role = new RunningRole(
        "local",
        [...ARGS, "--data", `${folder}/data`, "--rate", "5000"],
        NO_TOKEN,
      );
      const stored = () => role.metric("finnhub_pipe_processor_trades_out_total");
      await until("trades to be stored", async () => await stored() > 5000 || "few");
      for (const name of ["finnhub-pipe.sqlite", "finnhub-pipe.sqlite-wal"]) {
        using file = await Deno.open(`${folder}/data/${name}`, { write: true });
        const { size } = await file.stat();
        await file.write(new Uint8Array(size).fill(0xff));
      }
      await until("its end", () => Promise.resolve(role.ended !== undefined || "it runs"));
      assertEquals(role.ended?.code, 1);
      assert(
        /finnhub-pipe: .*finnhub-pipe\.sqlite cannot be used any more; restore the folder/.test(role.stderr),
        role.stderr,
      );
    }),
);

integrationTest("local: while the feed is away /readyz says so", async () => {
  const env = { FINNHUB_API_TOKEN: "any-token", FINNHUB_WS_URL: "ws://127.0.0.1:9" };
  await using role = new RunningRole("local", ARGS, env);
  await until("the reason", async () => {
    const { status, text } = await role.readiness();
    return status === 503 && text.includes("not connected to the feed") || text;
  });
});
