import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import compileConfig from "../../.ci/compile.json" with { type: "json" };
import config from "../../deno.json" with { type: "json" };
import { ROLES } from "../../src/command/roles.ts";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { SETTINGS } from "../../src/settings/settings.ts";
import { integrationTest } from "../needs.ts";
import { freePorts } from "../services/ports.ts";
import { runCommand } from "../services/run_command.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { RunningRole, runToEnd } from "./role.ts";
import { writeTopic } from "./topic.ts";

const services = await sharedServices();

const ROOT = new URL("../../", import.meta.url);

const HOSTILE = [
  "x'); DROP TABLE trades; --",
  '"; DELETE FROM candles WHERE "',
  "<script>alert(1)</script>",
  "../../etc/passwd",
  "%27%20OR%201=1",
  "{{7*7}}${7*7}",
];

integrationTest("symbols that look like CQL, markup or paths are stored and served as they are", async () => {
  await using pipeline = await Pipeline.setUp(services, "hostile");
  const time = Date.now() - 60_000;
  const trades = HOSTILE.map((symbol, i): Trade => ({
    symbol,
    price: i + 1,
    volume: 1,
    time: time + i,
    conditions: [],
  }));
  for (const trade of trades) await writeTopic(pipeline, [encodeMessage([trade])], trade.symbol);
  pipeline.start("processor");
  await pipeline.drained();
  await assertStored(pipeline, trades);
  const dashboard = pipeline.start("dashboard", ["--listen", "127.0.0.1:0"]);
  const url = await dashboard.http();
  for (const { price, symbol } of trades) {
    const answer = await fetch(`${url}/api/trades?symbol=${encodeURIComponent(symbol)}`);
    assertStringIncludes(answer.headers.get("content-type")!, "application/json");
    assertEquals((await answer.json()).trades.map((trade: Trade) => trade.price), [price], symbol);
  }
});

integrationTest("secrets show in no output, metric or page of any role", async () => {
  const [nowhere] = freePorts(1) as [number];
  const secrets: Record<string, string> = {};
  for (const setting of Object.values(SETTINGS as Record<string, { env: string; secret?: true }>)) {
    if (!setting.secret) continue;
    const secret = `hidden-${setting.env.toLowerCase().replaceAll("_", "-")}`;
    secrets[setting.env] = setting.env.endsWith("_HEADERS")
      ? `x-key=${secret}`
      : setting.env.endsWith("_URL")
      ? `http://127.0.0.1:${nowhere}/${secret}`
      : secret;
  }
  assert(Object.keys(secrets).length >= 2);
  await using simulator = new RunningRole("simulator", ["--listen", "127.0.0.1:0"], {
    SIMULATOR_TOKEN: "another",
  });
  const [, ws, rest] = await simulator.says(/FINNHUB_WS_URL=(\S+) FINNHUB_REST_URL=(\S+)/);
  // Nothing is as it should be: the feed refuses the token, the servers are not there.
  const env = {
    ...secrets,
    FINNHUB_WS_URL: ws!,
    FINNHUB_REST_URL: rest!,
    KAFKA_SERVER: `127.0.0.1:${nowhere}`,
    CASSANDRA_HOST: `127.0.0.1:${nowhere}`,
    KAFKA_USER: "somebody",
    KAFKA_SASL_MECHANISM: "plain",
    CASSANDRA_USER: "somebody",
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${nowhere}`,
    SCHEMA_REGISTRY_USER: "somebody",
    KAFKA_VALUE_FORMAT: "confluent",
    ALERTS: "AAPL>1",
    LOG_LEVEL: "debug",
  };
  const clean = (where: string, text: string) => {
    const [shown] = /hidden-[a-z-]+/.exec(text) ?? [];
    assert(shown === undefined, `${where} shows ${shown}`);
  };
  for (const name of ["producer", "processor", "dashboard", "local"]) {
    const listen = ["dashboard", "local"].includes(name) ? ["--listen", "127.0.0.1:0"] : [];
    await using role = new RunningRole(name, listen, env);
    const url = await role.http();
    await role.says(/"level":"warn"/);
    for (const path of ["/metrics", "/readyz", "/", "/api/symbols", "/api/search?q=a"]) {
      clean(`${name} ${path}`, await (await fetch(`${url}${path}`)).text());
    }
    await role.stop("SIGKILL");
    clean(name, role.stdout + role.stderr);
  }
  for (const args of [["doctor"], ["tickers", "apple"], ...ROLES.map(({ name }) => [name, "--help"])]) {
    const { stderr, stdout } = await runToEnd(args, env);
    clean(args.join(" "), stdout + stderr);
  }
});

/** What code inside the executable may try once its role has given up what it does not need; one letter of each shows. */
const ATTEMPTS = `
  // Not as texts of the import: the bundler would put the files in.
  const [secret, environ] = ["etc/hostname", "proc/self/environ"].map((path) => "file:///" + path);
  const attempt = async (work) => {
    try { await work(); return "can"; } catch (error) { return error.name; }
  };
  const inWorker = () => new Promise((resolve, reject) => {
    const code = "try { await import('file:///etc/hostname', { with: { type: 'text' } }); postMessage('can'); }" +
      "catch (error) { postMessage(error.name); }";
    const options = { type: "module", deno: { permissions: "none" } };
    const worker = new Worker("data:application/javascript," + encodeURIComponent(code), options);
    worker.onmessage = ({ data }) => { worker.terminate(); data === "can" ? resolve() : reject({ name: data }); };
  });
  console.log(JSON.stringify({
    read: await attempt(() => Deno.readTextFile("/etc/hostname")),
    text: await attempt(() => import(secret, { with: { type: "text" } })),
    bytes: await attempt(() => import(secret, { with: { type: "bytes" } })),
    worker: await attempt(inWorker),
    environment: await attempt(() => Deno.env.toObject()),
    environ: await attempt(() => import(environ, { with: { type: "text" } })),
    write: await attempt(() => Deno.makeTempFile()),
    run: await attempt(() => new Deno.Command("true").output()),
    load: await attempt(() => Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {})),
  }));
  Deno.exit(0);`;

integrationTest(
  "a role that uses no files can neither read nor write them, and only the operator can run programs",
  async () => {
    const { net: _, env: _env, read: _read, write: _write, run: _run, sys: _sys, ...others } = compileConfig
      .compile
      .permissions as Record<string, unknown>;
    assertEquals(others, {}, "neither ffi nor import");
    // Compiled as the executable is, by its own command, with another program inside.
    const folder = await Deno.makeTempDir();
    try {
      await Deno.mkdir(`${folder}/dist`);
      const probe = `
        import { dropEnvironment, dropRights } from "${ROOT}src/command/permissions.ts";
        import { ROLES } from "${ROOT}src/command/roles.ts";
        dropRights(ROLES.find(({ name }) => name === Deno.args[0]));
        dropEnvironment();
        ${ATTEMPTS}`;
      await Deno.writeTextFile(`${folder}/probe.ts`, probe);
      const deno = async (...args: string[]) => {
        const { success, output } = await runCommand(`${ROOT.pathname}.ci/deno.sh`, args, 120_000, {
          cwd: folder,
        });
        assert(success, output);
      };
      const bundle = ["bundle", "--quiet", `--config=${ROOT.pathname}deno.json`, "--platform", "deno"];
      await deno(...bundle, "--external", "npm:*", "-o", "dist/executable.js", "probe.ts");
      const compile = config.tasks.compile.split(" ").slice(1)
        .map((word) => word.replace(".ci/compile.json", `${ROOT.pathname}.ci/compile.json`));
      await deno(...compile);
      const can = async (role: string) => {
        const { stdout, stderr } = await new Deno.Command(`${folder}/finnhub-pipe`, {
          args: [role],
          cwd: "/",
        }).output();
        const text = new TextDecoder().decode(stdout);
        assert(text.startsWith("{"), text + new TextDecoder().decode(stderr));
        return JSON.parse(text) as Record<string, string>;
      };
      const NOT = "NotCapable";
      const NO_TYPE = "TypeError";
      const never = {
        text: NO_TYPE,
        bytes: NO_TYPE,
        worker: NO_TYPE,
        environ: NO_TYPE,
        environment: NOT,
        run: NOT,
        load: NOT,
      };
      assertEquals(await can("producer"), { ...never, read: NOT, write: NOT });
      assertEquals(await can("processor"), { ...never, read: NOT, write: NOT });
      assertEquals(await can("operator"), { ...never, read: "can", write: NOT, run: "can" });
      assertEquals(await can("local"), { ...never, read: "can", write: "can" });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("every server listens on loopback unless told otherwise", () => {
  const listening = Object.values(
    SETTINGS as Record<string, { flag?: string; default: string; defaults?: object }>,
  )
    .filter(({ flag }) => flag?.endsWith("listen"))
    .flatMap((setting) => [setting.default, ...Object.values(setting.defaults ?? {})]);
  assert(listening.length >= 6);
  assertEquals(listening.filter((address) => !address.startsWith("127.0.0.1:")), []);
});

integrationTest("each test that the threat model names is there", async () => {
  const model = await Deno.readTextFile(new URL("src/THREATS.md", ROOT));
  const rows = [...model.matchAll(/`(tests\/\S+_test\.ts)`: (.*?) *\|$/gm)];
  assertEquals(rows.length, model.split("\n").filter((line) => /^\| /.test(line)).length - 2);
  for (const [, file, name] of rows) {
    assertStringIncludes(await Deno.readTextFile(new URL(file!, ROOT)), name!, file);
  }
});
