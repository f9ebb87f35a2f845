import { assert, assertEquals, assertThrows } from "@std/assert";
import { readCommand } from "../../../src/command/cli.ts";
import { readConfigFile } from "../../../src/settings/config_file.ts";
import { SettingError } from "../../../src/settings/read_settings.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const reading = (text: string) => () => bytes(text);
const values = (text: string) => Object.fromEntries(readConfigFile("f.yaml", reading(text), () => "").values);

Deno.test("a file of settings is YAML or JSON, by variables or flags, and each value stays the text that it is", () => {
  assertEquals(
    values(
      "KAFKA_SERVER: [a, 'b:9093']\nkafka-port: 0123\nTICKERS_JSON: true\nBATCH_FROM: 2026-01-31\nKAFKA_TOPIC_NAME:\n",
    ),
    {
      KAFKA_SERVER: "a,b:9093",
      KAFKA_PORT: "0123",
      TICKERS_JSON: "true",
      BATCH_FROM: "2026-01-31",
      KAFKA_TOPIC_NAME: "",
    },
  );
  assertEquals(values('{"KAFKA_PORT": 9093, "FINNHUB_API_TOKEN": "t"}'), {
    KAFKA_PORT: "9093",
    FINNHUB_API_TOKEN: "t",
  });
  assertEquals(values(""), {});
  assertEquals(values("# nothing yet\n"), {});
});

Deno.test("what is no file of settings is refused in one line that shows no value", () => {
  const bad: [string, string][] = [
    ["KAFKA_SERVR: secret", 'names no setting by "KAFKA_SERVR"'],
    ["constructor: secret", 'names no setting by "constructor"'],
    ["__proto__: { KAFKA_PORT: secret }", "names no setting"],
    ["KAFKA_PORT: { secret: 1 }", "gives KAFKA_PORT no text"],
    ["KAFKA_SERVER: [[secret]]", "gives KAFKA_SERVER no text"],
    ["KAFKA_PORT: 1\nkafka-port: 2", "sets KAFKA_PORT twice"],
    ["KAFKA_PORT: 1\nKAFKA_PORT: 2", "no YAML or JSON"],
    ["FINNHUB_PIPE_CONFIG: secret", "names another file"],
    ["- secret", "holds no names with values"],
    ["secret", "holds no names with values"],
    ["FINNHUB_API_TOKEN: 'secret", "no YAML or JSON"],
    ["FINNHUB_API_TOKEN: *secret", "no YAML or JSON"],
    [`# ${"secret".repeat(50_000)}`, "is longer than"],
    ["a: &a [x]\nb: &b [*a, *a]\nKAFKA_SERVER: [*b, *b]", "names no setting"],
  ];
  for (const [text, problem] of bad) {
    const error = assertThrows(() => values(text), SettingError, problem);
    assert(error.message.startsWith("--config: f.yaml ") && !/\n|secret/.test(error.message), error.message);
  }
  const unreadable = () => {
    throw new Deno.errors.NotFound("secret");
  };
  assertThrows(
    () => readConfigFile("f.yaml", unreadable, () => ""),
    SettingError,
    "--config: f.yaml cannot be read (NotFound)",
  );
  const long = assertThrows(
    () => readConfigFile(`a\n${"b".repeat(4000)}`, unreadable, () => ""),
    SettingError,
  );
  assert(long.message.length < 200 && !long.message.includes("\n"), long.message);
  const binary = () => new Uint8Array([0xff, 0xfe, 0]);
  assertThrows(() => readConfigFile("f.yaml", binary, () => ""), SettingError, "no YAML or JSON");
});

Deno.test("flags win over variables, variables over the file, and the file over defaults", () => {
  const file = reading(
    "KAFKA_PORT: 1\nKAFKA_SERVER: file\nKAFKA_TOPIC_NAME: file\nFINNHUB_API_TOKEN: from-the-file\n",
  );
  const env = (name: string) =>
    ({ KAFKA_SERVER: "variable", KAFKA_TOPIC_NAME: "variable", FINNHUB_PIPE_CONFIG: "f.yaml" })[name];
  const command = readCommand(["producer", "--kafka-topic-name", "flag"], env, undefined, file);
  assert(command.kind === "run");
  const { finnhubApiToken, kafkaPort, kafkaServer, kafkaTopic, logLevel } = command.settings;
  assertEquals(
    [kafkaPort, kafkaServer, kafkaTopic, logLevel, finnhubApiToken],
    [1, ["variable"], "flag", "info", "from-the-file"],
  );
  assertEquals(command.filed.get("FINNHUB_API_TOKEN"), "from-the-file");
});

Deno.test("a bad value of a file names the file, and a name that is near one is asked for", () => {
  const run = (text: string) => () =>
    readCommand(["producer", "--config", "f.yaml"], () => undefined, undefined, reading(text));
  assertThrows(run("KAFKA_PORT: many"), SettingError, "KAFKA_PORT of f.yaml must be");
  assertThrows(run("KAFKA_SERVR: a"), SettingError, "did you mean KAFKA_SERVER?");
  assertThrows(run("kafka-servr: a"), SettingError, "did you mean kafka-server?");
});

Deno.test("config prints the values that count and where each comes from, and no secret", () => {
  const command = readCommand(
    ["config", "--print", "producer", "--config", "f.yaml", "--kafka-topic-name", "flag"],
    (name) => name === "KAFKA_SERVER" ? "variable" : undefined,
    undefined,
    reading("KAFKA_PORT: 1\nFINNHUB_API_TOKEN: hidden-token\n"),
  );
  assert(command.kind === "print");
  const lines = Object.fromEntries(
    command.text.split("\n").map((line) => [line.split(/ /)[0], line.split(/ {2,}/)]),
  );
  assertEquals(lines.KAFKA_TOPIC_NAME, ["KAFKA_TOPIC_NAME", "flag", "flag --kafka-topic-name"]);
  assertEquals(lines.KAFKA_SERVER, ["KAFKA_SERVER", "variable", "environment"]);
  assertEquals(lines.KAFKA_PORT, ["KAFKA_PORT", "1", "file f.yaml"]);
  assertEquals(lines.LOG_LEVEL, ["LOG_LEVEL", "info", "default"]);
  assertEquals(lines.FINNHUB_API_TOKEN, ["FINNHUB_API_TOKEN", "(secret)", "file f.yaml"]);
  assert(!command.text.includes("hidden-token"));
  assertThrows(() => readCommand(["config"], () => undefined), SettingError, "config needs a role");
});
