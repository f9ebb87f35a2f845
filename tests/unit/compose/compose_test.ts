import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import composeText from "../../../manifests/compose/compose.yaml" with { type: "text" };
import finnhubText from "../../../manifests/compose/finnhub.yaml" with { type: "text" };
import cassandraText from "../../../manifests/cassandra/objects.yaml" with { type: "text" };
import grafanaText from "../../../manifests/grafana/objects.yaml" with { type: "text" };
import { readCommand } from "../../../src/command/cli.ts";
import { ROLES } from "../../../src/command/roles.ts";
import { SETTINGS } from "../../../src/settings/settings.ts";
import { VERSION } from "../../../src/telemetry/version.ts";
import type { Service } from "../../compose/stack.ts";

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

const { services, volumes } = parse(composeText) as Compose;
const own = Object.entries(services).filter(([name]) => ROLES.some((role) => role.name === name));
const known = new Set(
  ROLES.flatMap(({ settings }) => settings.map((setting) => SETTINGS[setting].env)),
);
const value = (text: string) => /^\$\{\w+:-(.*)\}$/.exec(text)?.[1] ?? text;

Deno.test("compose runs the servers and the roles that carry trades", () => {
  assertEquals(Object.keys(services).sort(), [
    "cassandra",
    "dashboard",
    "grafana",
    "kafka",
    "processor",
    "producer",
    "setup",
    "simulator",
  ]);
});

Deno.test("each role of compose takes its command and its settings, and no variable is nobody's", () => {
  for (const [name, { command, environment = {} }] of own) {
    const env = new Map(Object.entries(environment).map(([variable, text]) => [variable, value(text)]));
    const read = readCommand(command!, (variable) => env.get(variable));
    assertEquals(read.kind, "run");
    for (const variable of env.keys()) assert(known.has(variable), `${name}: ${variable}`);
  }
});

Deno.test("what finnhub.yaml changes is there to be changed", () => {
  const other = (parse(finnhubText) as Compose).services;
  for (const [name, { environment = {} }] of Object.entries(other)) {
    for (const variable of Object.keys(environment)) {
      assert(variable in services[name]!.environment!, variable);
    }
  }
});

Deno.test("no service of compose is without limits, a health check, an end to its logs and its rights", () => {
  for (const [name, service] of Object.entries(services)) {
    for (const key of ["mem_limit", "pids_limit", "cap_drop", "security_opt", "restart", "logging"]) {
      assert(key in service, `${name} has no ${key}`);
    }
    if (name !== "setup") assert(service.healthcheck, `${name} has no healthcheck`);
  }
  for (const [name, service] of own) assertEquals(service.read_only, true, name);
});

Deno.test("compose publishes on loopback alone, and only what people look at", () => {
  const published = Object.entries(services).flatMap(([name, { ports = [] }]) =>
    ports.map((port) => [name, value(port.split(":").slice(0, -1).join(":").replace(/^127\.0\.0\.1:/, ""))])
  );
  assertEquals(published, [["dashboard", "8080"], ["grafana", "3000"]]);
  for (const { ports = [] } of Object.values(services)) {
    for (const port of ports) assert(port.startsWith("127.0.0.1:"), port);
  }
});

Deno.test("images of compose are those of the cluster, and each is pinned", () => {
  const imageIn = (text: string) => /^\s*image: (\S+)$/m.exec(text)![1];
  assertEquals(services.cassandra!.image, imageIn(cassandraText));
  assertEquals(services.grafana!.image, imageIn(grafanaText));
  const plugin = /GF_PLUGINS_PREINSTALL, value: (\S+) \}/.exec(grafanaText)![1]!;
  assertEquals(services.grafana!.environment!.GF_PLUGINS_PREINSTALL, plugin);
  for (const [, { image }] of own) assertEquals(image, `finnhub-pipe:${VERSION}`);
  for (const { image } of Object.values(services)) assert(/:\d+\.\d+\.\d+$/.test(image), image);
});

Deno.test("every volume of compose is used, and every one that is used is there", () => {
  const used = Object.values(services).flatMap(({ volumes = [] }) => volumes.map((v) => v.split(":")[0]!));
  assertEquals(used.filter((name) => !/^[./]/.test(name)).sort(), Object.keys(volumes).sort());
});
