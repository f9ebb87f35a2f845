import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../src/telemetry/version.ts";
import { ROLES } from "../../src/command/roles.ts";
import { integrationTest } from "../needs.ts";
import { binary, RunningRole, runToEnd } from "./role.ts";

integrationTest("--version and --help answer with exit code 0, for every role", async () => {
  assertEquals(await runToEnd(["--version"]), { code: 0, stdout: `finnhub-pipe ${VERSION}\n`, stderr: "" });
  for (const { name, summary } of ROLES) {
    const { code, stderr, stdout } = await runToEnd([name, "--help"]);
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout.replaceAll(/\s+/g, " "), summary);
  }
});

integrationTest("wrong usage is one line on standard error and exit code 2", async () => {
  for (
    const [args, env] of [
      [["nonsense"], {}],
      [["setup", "--nonsense"], {}],
      [["processor", "--kafka-port", "none"], {}],
      [["processor"], { CASSANDRA_PORT: "none" }],
      [["producer"], { FINNHUB_API_TOKEN: "" }],
      [["tickers"], { FINNHUB_API_TOKEN: "x" }],
    ] as [string[], Record<string, string>][]
  ) {
    const { code, stderr, stdout } = await runToEnd(args, env);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertMatch(stderr, /^finnhub-pipe: [^\n]+\n$/);
  }
});

integrationTest(
  "the executable needs nothing around it: another folder, another user, an empty environment",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const copy = `${folder}/copy`;
      await Deno.copyFile(binary(), copy);
      await Deno.chmod(copy, 0o755);
      await Deno.chmod(folder, 0o755);
      const nobody = 65_534;
      const user = Deno.uid() === 0 ? { uid: nobody, gid: nobody } : {};
      const options: Deno.CommandOptions = {
        args: ["processor", "--help"],
        cwd: "/",
        clearEnv: true,
        stdin: "null",
        ...user,
      };
      const { code, stdout } = await new Deno.Command(copy, options).output();
      assertEquals(code, 0);
      assertStringIncludes(new TextDecoder().decode(stdout), "--cassandra-host");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

integrationTest("an address that is taken is named, with the setting that changes it", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listen = `127.0.0.1:${taken.addr.port}`;
  const { code, stderr } = await runToEnd(["simulator", "--listen", listen, "--http-listen", "127.0.0.1:0"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, listen);
  assertStringIncludes(stderr, "--listen");
});

integrationTest("a replay file that is missing or broken is named", async () => {
  const { code, stderr } = await runToEnd(["simulator", "--replay", "/no/such/file"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "/no/such/file");
  assert(!stderr.includes("    at "), "no stack trace");
});

integrationTest(
  "tickers searches the REST API and prints a table or JSON; a wrong token is named, not shown",
  async () => {
    await using simulator = new RunningRole("simulator", [
      "--listen",
      "127.0.0.1:0",
      "--symbols",
      "AAPL,BINANCE:BTCUSDT",
    ], {
      SIMULATOR_TOKEN: "the-right-token",
    });
    const [, rest] = await simulator.says(/FINNHUB_REST_URL=(\S+)/);
    const search = (words: string[], token = "the-right-token") =>
      runToEnd(["tickers", ...words], { FINNHUB_REST_URL: rest!, FINNHUB_API_TOKEN: token });
    const table = await search(["btc"]);
    assertEquals(table.code, 0);
    assertMatch(table.stdout, /^SYMBOL +TYPE +DESCRIPTION\nBINANCE:BTCUSDT +Crypto/);
    const json = await search(["aapl", "--json"]);
    assertEquals(JSON.parse(json.stdout).map(({ symbol }: { symbol: string }) => symbol), ["AAPL"]);
    assertEquals((await search(["nothing like it"])).code, 1);
    const refused = await search(["btc"], "another-token");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "FINNHUB_API_TOKEN");
    assert(!refused.stderr.includes("another-token"));
  },
);

integrationTest(
  "a producer that validates its symbols leaves out the unknown and streams the known",
  async () => {
    await using simulator = new RunningRole("simulator", [
      "--listen",
      "127.0.0.1:0",
      "--symbols",
      "AAPL,MSFT",
    ], {});
    const [, ws, rest] = await simulator.says(/FINNHUB_WS_URL=(\S+) FINNHUB_REST_URL=(\S+)/);
    await using producer = new RunningRole("producer", ["--tickers", "AAPL,NOSUCH", "--validate-tickers"], {
      FINNHUB_WS_URL: ws!,
      FINNHUB_REST_URL: rest!,
      FINNHUB_API_TOKEN: "any",
      KAFKA_SERVER: "127.0.0.1:1",
    });
    await producer.says(/does not know a symbol.*NOSUCH/);
    await producer.says(/feed connected.*"symbols":1/);
    const { status, text } = await producer.readiness();
    assertEquals(status, 503);
    assertStringIncludes(text, "not connected to Kafka");
  },
);

integrationTest("the executable tells of every package in it, with its licence", async () => {
  const { code, stderr, stdout } = await runToEnd(["licences"]);
  assertEquals([code, stderr], [0, ""]);
  const licences = JSON.parse(
    await Deno.readTextFile(new URL("../../dist/licences.json", import.meta.url)),
  ) as Record<
    string,
    string
  >;
  assert(Object.keys(licences).length > 40);
  for (const [id, licence] of Object.entries(licences)) {
    assertStringIncludes(stdout, `${id.replace(/@([^@]+)$/, " $1")} (${licence})`);
  }
  assertStringIncludes(stdout, "lightweight-charts (Apache-2.0)");
});

integrationTest("bash completes roles, flags, and the words behind help and completion", async () => {
  const { stdout: script } = await runToEnd(["completion", "bash"]);
  const complete = async (...words: string[]) => {
    const line =
      `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _finnhub_pipe; echo "\${COMPREPLY[*]}"`;
    const { stdout } = await new Deno.Command("bash", {
      args: ["-c", line, "", "finnhub-pipe", ...words],
      stderr: "inherit",
    }).output();
    return new TextDecoder().decode(stdout).trim().split(" ");
  };
  assertEquals(await complete("pro"), ["producer", "processor"]);
  assertEquals(await complete("export", "--fo"), ["--format"]);
  assertEquals(await complete("help", "se"), ["setup"]);
  assertEquals(await complete("completion", ""), ["bash", "zsh", "fish"]);
  // A file's name, which the shell completes by itself.
  assertEquals(await complete("export", "--out", "x"), [""]);
});

integrationTest("the operator starts the program that a kubeconfig names for its credentials", async () => {
  const folder = await Deno.makeTempDir();
  const asked: string[] = [];
  // Not an API server: the credentials are what is looked at.
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(request.headers.get("authorization") ?? "none");
    return Response.json({ kind: "Status", message: "not today", reason: "Forbidden", code: 403 }, {
      status: 403,
    });
  });
  try {
    const answer = JSON.stringify({ status: { token: "of-the-program" } });
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "sh",
      args: ["-c", `printf '%s' "$ANSWER"`],
      env: [{ name: "ANSWER", value: answer }],
    };
    const config = {
      "current-context": "a",
      contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
      clusters: [{ name: "a", cluster: { server: `http://127.0.0.1:${server.addr.port}` } }],
      users: [{ name: "a", user: { exec } }],
    };
    await Deno.writeTextFile(`${folder}/config`, JSON.stringify(config));
    const args = ["operator", "--kubeconfig", `${folder}/config`, "--http-listen", "127.0.0.1:0", "--once"];
    const { code, stderr } = await runToEnd(args);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "not today");
    assertEquals(/of-the-program/.test(stderr), false);
    assertEquals([...new Set(asked)], ["Bearer of-the-program"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
