/** Command lines, the environment, and files that tell the operator what to do. */
import { readCommand } from "../../../src/command/cli.ts";
import { ROLES } from "../../../src/command/roles.ts";
import { symbolFault } from "../../../src/market/symbol.ts";
import { SettingError } from "../../../src/settings/read_settings.ts";
import { type Setting, SETTINGS } from "../../../src/settings/settings.ts";
import { PipelineFileError, pipelineOf } from "../../../src/operator/pipeline_file.ts";
import type { KubeconfigOptions } from "../../../src/kubernetes/kubeconfig.ts";
import { KubeconfigError } from "../../../src/kubernetes/kubeconfig_error.ts";
import crd from "../../../manifests/crd.yaml" with { type: "text" };
import { type Fuzzer, must, orDocumented, textOf, texts } from "../fuzzer.ts";

const ALL = Object.values(SETTINGS as Record<string, Setting<unknown>>);
const SECRET = "s3cret-token-4711";

/** Numbers anywhere in a value. */
function* numbersIn(value: unknown): Generator<number> {
  if (typeof value === "number") yield value;
  else if (Array.isArray(value)) { for (const each of value) yield* numbersIn(each); }
  else if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    for (const each of Object.values(value)) yield* numbersIn(each);
  }
}

export const settings: Fuzzer = {
  name: "settings",
  // One argument a line, then variables.
  corpus: [
    ...texts(
      "KAFKA_SERVER: [a, b]\nkafka-port: 9093\n# \nproducer\n--config=a file",
      "producer\n--tickers=AAPL,IC MARKETS:1\n--kafka-server\na:9092,[::1]:9093\nKAFKA_TOPIC_NAME=market\nFINNHUB_WS_URL=wss://ws.finnhub.io",
    ),
    ...texts(
      "simulator\n--loop\n--speed=max\n--rate=10\n--listen=:0",
      "backfill\n--from=2026-01-31T14:30Z\n--to=26h\n--symbols=[\"A\",'B']",
    ),
    ...ROLES.map(({ name, settings }) =>
      texts([
        name,
        ...settings.map((key) => {
          const { default: preset, defaults, env } = SETTINGS[key] as Setting<unknown>;
          return `${env}=${defaults?.[name] ?? preset}`;
        }),
      ].join("\n"))[0]!
    ),
  ],
  words: [
    ...ALL.flatMap(({ env, flag }) => [env, ...flag === undefined ? [] : [`--${flag}`]]),
    "1h",
    "30d",
    "25d",
    "::1",
    "max",
    "now",
    "http://",
    "user:pass@",
  ],
  async check(input) {
    const lines = textOf(input).split("\n").map((line) => line.replaceAll("\0", ""));
    const args = lines.filter((line) => !/^[A-Z_]+=/.test(line));
    const env = Object.fromEntries(
      lines.filter((line) => /^[A-Z_]+=/.test(line)).map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    );
    env.FINNHUB_API_TOKEN ??= SECRET;
    let command;
    try {
      const read = () => input.slice(0, input.length / 2);
      command = readCommand(
        args,
        (name) => Object.hasOwn(env, name) ? env[name] : undefined,
        undefined,
        read,
      );
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      must(!error.message.includes("\n"), "a mistake is told in one line");
      must(error.message.length < 1000, "and a short one");
      must(!error.message.includes(SECRET), "without a secret");
      return;
    }
    if (command.kind !== "run") return;
    for (const value of Object.values(command.settings)) {
      for (const number of numbersIn(value)) {
        must(!Number.isNaN(number) && number >= -62e12, "numbers are numbers");
      }
    }
    const { symbols } = command.settings as { symbols?: unknown };
    if (Array.isArray(symbols)) {
      must(symbols.every((symbol) => symbolFault(symbol) === undefined), "symbols are symbols");
    }
    await Promise.resolve();
  },
  // Each flag is looked for among all arguments.
  slack: 300,
};

const NAMESPACE = "pipeline";
const PIPELINE = "apiVersion: finnhub-pipe.dev/v1alpha1\nkind: Pipeline\nmetadata:\n  name: market\n";

export const pipelines: Fuzzer = {
  name: "pipeline",
  corpus: texts(
    PIPELINE,
    `${PIPELINE}spec:\n  profile: ha\n  tickers: [AAPL, "IC MARKETS:1"]\n  kafka:\n    replicas: 3\n    storage: 10Gi\n    topic: {partitions: 6, retention: 7d}\n  exposure: {type: Ingress, host: a.example}\n`,
    `${PIPELINE}spec: {paused: true, cassandra: {heap: 1G, tradesTtl: 30d}, batch: {schedule: "0 3 * * *", mode: Repair}}\n`,
  ),
  words: [...new Set(crd.match(/[A-Za-z]{4,}(?=:)/g))].concat(
    "&a",
    "*a",
    "!!binary",
    "<<: *a",
    "---",
    "|",
    ">-",
  ),
  async check(input) {
    const object = await orDocumented(() => pipelineOf(textOf(input), NAMESPACE), PipelineFileError);
    if (object === undefined) return;
    must(
      object.kind === "Pipeline" && object.metadata.namespace === NAMESPACE,
      "what is taken is a Pipeline",
    );
  },
  slack: 100,
};

const KUBECONFIG = {
  clusters: [{ name: "here", cluster: { server: "https://k8s:6443", "certificate-authority-data": "YQ==" } }],
  users: [{ name: "me", user: { token: SECRET } }],
  contexts: [{ name: "here", context: { cluster: "here", user: "me", namespace: "a" } }],
  "current-context": "here",
};

/** Loaded when it is used: client-node cannot be loaded without permissions. */
export async function kubeconfigs(): Promise<Fuzzer> {
  const { readKubeconfig } = await import("../../../src/kubernetes/kubeconfig.ts");
  const file = await Deno.makeTempFile({ prefix: "fuzz-kubeconfig-" });
  addEventListener("unload", () => Deno.removeSync(file));
  const options: KubeconfigOptions = { kubeconfig: file, env: () => undefined, serviceAccount: "/nowhere" };
  return {
    name: "kubeconfig",
    corpus: texts(
      JSON.stringify(KUBECONFIG, undefined, 1),
      `current-context: here\nclusters:\n- name: here\n  cluster: {server: "http://127.0.0.1:8001"}\nusers:\n- name: me\n  user: {username: a, password: ${SECRET}}\ncontexts:\n- name: here\n  context: {cluster: here, user: me}\n`,
    ),
    words: [
      "clusters",
      "users",
      "contexts",
      "server",
      "token",
      "cluster",
      "user",
      "name",
      "client-certificate-data",
      "client-key-data",
      "proxy-url",
      "https://[::1]:1",
      "&a",
      "*a",
      "auth-provider",
      "username",
      "password",
      "tls-server-name",
    ],
    async check(input) {
      // What runs programs is tested by itself.
      if (/exec|File|file/.test(textOf(input))) return;
      await Deno.writeFile(file, input);
      let found;
      try {
        found = await (await readKubeconfig(options))(false);
      } catch (error) {
        if (!(error instanceof KubeconfigError)) throw error;
        must(!error.message.includes(SECRET), "no error quotes a token");
        must(error.message.length < 4000, "an error is bounded");
        return;
      }
      must(URL.canParse(found.server), "a cluster has an address");
      new Headers(found.headers);
    },
    slack: 100,
  };
}
