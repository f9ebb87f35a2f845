import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { signatureOf } from "../../src/alerts/webhook.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { RunningRole, runToEnd } from "./role.ts";

const KEY = "hidden-webhook-key";

integrationTest(
  "an alert of local is sent to the webhook once, signed, over restarts and while its server is away",
  async () => {
    const folder = await Deno.makeTempDir();
    const told: string[] = [];
    let status = 503;
    const receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const body = await request.text();
      const [, t, v1] = /^t=(\d+),v1=(\w+)$/.exec(request.headers.get("finnhub-pipe-signature") ?? "") ?? [];
      assertEquals(v1, await signatureOf(`${t}.${body}`, KEY));
      if (status === 200) told.push(JSON.parse(body).alert);
      return new Response(null, { status });
    });
    try {
      const env = {
        FINNHUB_API_TOKEN: "",
        ALERTS: "AAPL>1,AAPL>1000000",
        ALERT_WEBHOOK_URL: `http://127.0.0.1:${receiver.addr.port}/hidden-path`,
        ALERT_WEBHOOK_SECRET: KEY,
      };
      const start = () =>
        new RunningRole("local", [
          "--listen",
          "127.0.0.1:0",
          "--data",
          `${folder}/data`,
          "--symbols",
          "AAPL",
          "--history",
          "0",
        ], env);
      {
        await using role = start();
        await role.says(/the webhook takes no alerts, trying again/);
        assertStringIncludes((await role.readiness()).text, "the webhook takes no alerts since");
        assertEquals(await role.metric("finnhub_pipe_alerts_total"), 1);
        await role.stop("SIGKILL");
        assert(!/hidden/.test(role.stderr + role.stdout), role.stderr);
      }
      status = 200;
      for (let life = 0; life < 2; life++) {
        await using role = start();
        await until("the alert to be taken", () => Promise.resolve(told.length > 0 || "not yet"));
        await until(
          "trades to be stored",
          async () => await role.metric("finnhub_pipe_processor_trades_out_total") > 20 ? true : "not yet",
        );
        assertEquals((await role.stop()).code, 0, role.stderr);
        assertEquals(told, ["AAPL>1"]);
      }
    } finally {
      await receiver.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

integrationTest("a webhook without a key, or without alerts, is one line and exit code 2", async () => {
  const url = "http://127.0.0.1:1/hidden-path";
  for (
    const [env, says] of [
      [{ ALERTS: "A>1", ALERT_WEBHOOK_URL: url }, /ALERT_WEBHOOK_SECRET is not set/],
      [{ ALERT_WEBHOOK_SECRET: KEY, ALERT_WEBHOOK_URL: url }, /ALERTS is not set/],
      [{ ALERTS: "A" }, /ALERTS must be alerts such as AAPL>300/],
    ] as const
  ) {
    const { code, stderr } = await runToEnd(["local", "--listen", "127.0.0.1:0"], {
      FINNHUB_API_TOKEN: "",
      ...env,
    });
    assertEquals(code, 2, stderr);
    assertMatch(stderr, says);
    assert(!/hidden/.test(stderr), stderr);
  }
});
