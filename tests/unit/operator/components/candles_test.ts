import { assert, assertEquals } from "@std/assert";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { PLAIN } from "../../../../src/operator/security/security.ts";
import { readCommand } from "../../../../src/command/cli.ts";
import { cluster, environment, find, pipeline } from "../cluster_fake.ts";

const made = (spec: object) => desiredState(pipeline(spec), cluster(), PLAIN);
const NAMES = ["CANDLES", "BARS", "CANDLE_ALIGN", "CALENDARS"];
const podsOf = (components: ReturnType<typeof made>) => ({
  setup: components.find(({ name }) => name === "setup")!.objects.find(({ kind }) => kind === "Job")!,
  processor: find(components, "Deployment/processor"),
  dashboard: find(components, "Deployment/dashboard"),
});

Deno.test("all that write and read candles are told of the same kinds, bars and calendars", () => {
  const components = made({
    candles: {
      kinds: ["sip", "raw"],
      bars: ["tick:500", "volume:10000"],
      align: "Session",
      calendarsConfigMap: "ours",
    },
  });
  for (const [role, object] of Object.entries(podsOf(components))) {
    const env = environment(object);
    assertEquals(env.CANDLES, "sip,raw", role);
    assertEquals(env.BARS, "tick:500,volume:10000", role);
    assertEquals(env.CALENDARS, "/etc/trading-calendars/calendars.json", role);
    assertEquals(env.CANDLE_ALIGN, role === "dashboard" ? "session" : undefined, role);
    const text = JSON.stringify(object);
    assert(text.includes('"configMap":{"name":"ours"}'), role);
    assert(text.includes('"mountPath":"/etc/trading-calendars","readOnly":true'), role);
    // The role takes what the operator gives.
    const values = new Map(
      Object.entries(env).filter(([name]) => NAMES.includes(name) && name !== "CALENDARS"),
    );
    assertEquals(readCommand([role], (name) => values.get(name) as string | undefined).kind, "run");
  }
});

Deno.test("a Pipeline that says nothing of candles leaves pods as they were", () => {
  for (const object of Object.values(podsOf(made({})))) {
    assertEquals(NAMES.filter((name) => name in environment(object)), []);
  }
});
