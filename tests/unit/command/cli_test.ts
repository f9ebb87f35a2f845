import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readCommand } from "../../../src/command/cli.ts";
import { ROLES } from "../../../src/command/roles.ts";
import { SettingError } from "../../../src/settings/read_settings.ts";
import { type Setting, SETTINGS } from "../../../src/settings/settings.ts";

const env = (variables: Record<string, string> = {}) => (name: string) => variables[name];

function run(args: string[], variables: Record<string, string> = {}) {
  const command = readCommand(args, env(variables));
  assert(command.kind === "run");
  return command;
}

function text(args: string[]): string {
  const command = readCommand(args, env());
  assert(command.kind === "print");
  return command.text;
}

Deno.test("a flag wins over its environment variable, which wins over the default", () => {
  assertEquals(run(["setup"]).settings.kafkaPort, 9092);
  assertEquals(run(["setup"], { KAFKA_PORT: "1" }).settings.kafkaPort, 1);
  assertEquals(run(["setup", "--kafka-port", "2"], { KAFKA_PORT: "1" }).settings.kafkaPort, 2);
  assertEquals(run(["setup", "--kafka-port=3"], { KAFKA_PORT: "" }).settings.kafkaPort, 3);
});

Deno.test("a role gets its own default of where it listens", () => {
  assertEquals(run(["producer"]).settings.httpListen.port, 8081);
  assertEquals(run(["processor"]).settings.httpListen.port, 8082);
});

Deno.test("a switch stands alone or takes its value behind an equals sign", () => {
  assertEquals(run(["simulator", "--loop", "--now=false"]).settings.loop, true);
  assertEquals(run(["simulator", "--loop", "--now=false"]).settings.now, false);
  assertEquals(run(["tickers", "--json", "apple"]).words, ["apple"]);
});

Deno.test("every mistake is one line that says what is wrong and how to mend it", () => {
  const mistakes: [string[], Record<string, string>, string][] = [
    [["nonsense"], {}, "the roles are producer"],
    [["locl"], {}, "did you mean local?"],
    [["help", "docter"], {}, "did you mean doctor?"],
    [["completion", "tcsh"], {}, "completion needs one of bash, zsh, fish"],
    [["simulator", "--rate", "-1"], {}, '--rate must be a number above 0 (it is "-1")'],
    [["simulator", "--rat", "1"], {}, "did you mean --rate?"],
    [["setup", "--nonsense"], {}, "see finnhub-pipe setup --help"],
    [["setup", "-x"], {}, "there is no flag -x"],
    [["setup", "--kafka-port"], {}, "--kafka-port needs a value"],
    [["setup", "--kafka-port", "1", "--kafka-port", "2"], {}, "more than once"],
    [["setup", "--kafka-port", "many"], {}, "--kafka-port must be a whole number from 1 to 65535"],
    [["setup"], { KAFKA_PORT: "many" }, "KAFKA_PORT must be a whole number from 1 to 65535"],
    [["setup", "now"], {}, 'setup takes no "now"'],
    [["simulator", "--misbehave", "drop,sing"], {}, "one of drop, hang"],
    [["producer", "--rate", "3"], {}, "there is no flag --rate"],
  ];
  for (const [args, variables, message] of mistakes) {
    const error = assertThrows(() => readCommand(args, env(variables)), SettingError, message);
    assert(!error.message.includes("\n"));
  }
});

Deno.test("a bad secret is reported without its value, and no secret has a flag", () => {
  const error = assertThrows(
    () => readCommand(["producer"], env({ FINNHUB_API_TOKEN: "s e c r e t" })),
    SettingError,
  );
  assertStringIncludes(error.message, "FINNHUB_API_TOKEN");
  assert(!error.message.includes("s e c"));
  for (const setting of Object.values(SETTINGS as Record<string, Setting<unknown>>)) {
    assert(!(setting.secret && setting.flag));
  }
});

Deno.test("help names every role, and a role's help every setting with its variable", () => {
  for (const role of ROLES) {
    assertStringIncludes(text(["--help"]).replaceAll(/\s+/g, " "), role.summary);
    const help = text([role.name, "--help"]);
    for (const name of role.settings) assertStringIncludes(help, SETTINGS[name].env);
  }
  assertStringIncludes(text(["--version"]), "finnhub-pipe 0.");
});

Deno.test("settings have variables of their own, flags that are unique within a role, defaults that parse, and a role that uses them", () => {
  const all = Object.entries(SETTINGS as Record<string, Setting<unknown>>);
  assertEquals(new Set(all.map(([, { env }]) => env)).size, all.length);
  for (const role of ROLES) {
    const flags = role.settings.flatMap((name) => (SETTINGS[name] as Setting<unknown>).flag ?? []);
    assertEquals(new Set(flags).size, flags.length, role.name);
  }
  for (const [name, setting] of all) {
    for (const preset of [setting.default, ...Object.values(setting.defaults ?? {})]) setting.parse(preset!);
    assert(
      ROLES.some((role) => (role.settings as readonly string[]).includes(name)),
      `${name} is used by no role`,
    );
  }
});
