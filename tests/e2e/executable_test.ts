import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ROLES, VERSION } from "../../src/cli.ts";
import { integrationTest } from "../needs.ts";
import { binary, runToEnd } from "./role.ts";

integrationTest("--version and --help answer with exit code 0, for every role", async () => {
  assertEquals(await runToEnd(["--version"]), { code: 0, stdout: `finnhub-pipe ${VERSION}\n`, stderr: "" });
  for (const { name, summary } of ROLES) {
    const { code, stderr, stdout } = await runToEnd([name, "--help"]);
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, summary);
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
