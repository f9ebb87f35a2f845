import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { binary } from "../e2e/role.ts";
import { rootTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startEngine } from "./engine.ts";
import { composeBinary } from "./plugin.ts";
import { Stack } from "./stack.ts";

rootTest("docker compose up ends with trades in Cassandra; down and up again lose none", async (t) => {
  const progress = progressOnStderr();
  const program = await composeBinary(progress);
  await using engine = await startEngine(progress);
  const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-images-" });
  try {
    const stack = await Stack.load(engine, program, folder, progress);
    let before = new Set<string>();

    await t.step("every service is healthy, and trades are stored", async () => {
      await stack.up();
      await stack.moreThan(100);
    });
    await t.step(
      "page and Grafana's stand-in answer on loopback of this machine, and nothing else does",
      async () => {
        const [page, grafana, kafka] = await Promise.all([8080, 3000, 9092].map(async (port) => {
          const command = engine.inside([binary(), "healthcheck", `http://127.0.0.1:${port}/`]);
          return await new Deno.Command(command[0]!, { args: command.slice(1) }).output();
        }));
        assertEquals([page!.code, grafana!.code, kafka!.code], [0, 0, 1]);
        assertStringIncludes(new TextDecoder().decode(page!.stdout), "<title>");
        assertStringIncludes(new TextDecoder().decode(grafana!.stdout), "grafana is not here");
      },
    );
    await t.step("a killed processor comes back", async () => {
      await stack.compose("kill", "--signal=KILL", "processor");
      await stack.up();
      await stack.moreThan((await stack.stored()).size);
    });
    await t.step("after down and up all trades are there, and new ones come", async () => {
      await stack.drain();
      before = await stack.stored();
      await stack.compose("down");
      assertEquals(await engine.docker("ps", "--all", "--quiet"), "", "containers that are left");
      await stack.up();
      await stack.moreThan(before.size);
      const after = await stack.stored();
      assertEquals([...before].filter((uuid) => !after.has(uuid)), []);
    });
    await t.step(
      "finnhub.yaml takes the token from the environment, and says so where there is none",
      async () => {
        const file = new URL("../../manifests/compose/finnhub.yaml", import.meta.url).pathname;
        const error = await assertRejects(() => stack.compose(`--file=${file}`, "config"), Error);
        assertStringIncludes(error.message, "FINNHUB_API_TOKEN");
        stack.engine.env.FINNHUB_API_TOKEN = "a-token-of-a-test";
        const config = await stack.compose(`--file=${file}`, "config", "--format=json");
        const { services } = JSON.parse(config);
        assertEquals(services.producer.environment.FINNHUB_API_TOKEN, "a-token-of-a-test");
        assertEquals(services.producer.environment.FINNHUB_WS_URL, "wss://ws.finnhub.io");
        assertEquals(services.simulator.deploy.replicas, 0);
      },
    );
    await t.step("down --volumes leaves nothing", async () => {
      await stack.compose("down", "--volumes");
      assertEquals(await engine.docker("volume", "ls", "--quiet"), "");
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
