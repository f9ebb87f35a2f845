import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readCommand, type Screen } from "../../../src/command/cli.ts";
import { EXAMPLES } from "../../../src/command/examples.ts";
import { ROLES } from "../../../src/command/roles.ts";
import { similar } from "../../../src/command/similar.ts";
import { wrapped } from "../../../src/command/style.ts";
import { GROUPS, SETTINGS } from "../../../src/settings/settings.ts";

function text(args: string[], variables: Record<string, string> = {}, screen?: Screen): string {
  const command = readCommand(args, (name) => variables[name], screen);
  assert(command.kind === "print");
  return command.text;
}

Deno.test("each role has an example or two, and each example is a command line that is understood", () => {
  assertEquals(Object.keys(EXAMPLES).sort(), ROLES.map(({ name }) => name).sort());
  const env = (name: string) => name === "FINNHUB_API_TOKEN" ? "a-token" : undefined;
  for (const { name } of ROLES) {
    assert(EXAMPLES[name]!.length >= 1 && EXAMPLES[name]!.length <= 2, name);
    for (const [line] of EXAMPLES[name]!) {
      const command = readCommand(line.split(" "), env);
      assert(command.kind === "run" && command.role.name === name, line);
      assertStringIncludes(text(["help", name]), `finnhub-pipe ${line}`);
    }
  }
});

Deno.test("every setting is in one group of help", () => {
  const grouped = GROUPS.flatMap(([, settings]) => Object.keys(settings));
  assertEquals(grouped.toSorted(), Object.keys(SETTINGS).toSorted());
});

Deno.test("help ROLE is ROLE --help, and -v is --version", () => {
  for (const { name } of ROLES) assertEquals(text(["help", name]), text([name, "--help"]));
  assertEquals(text(["-v"]), text(["--version"]));
  assertEquals(text(["help"]), text(["--help"]));
});

Deno.test("help fits the terminal, to the width where a word stands alone", () => {
  for (const columns of [80, 100, 120]) {
    for (const { name } of ROLES) {
      for (const line of text(["help", name], {}, { terminal: false, columns }).split("\n")) {
        // A command is copied as a whole.
        if (line.startsWith("  finnhub-pipe ")) continue;
        assert(line.length <= columns || !/ /.test(line.trim().replace(/^--\S+ +/, "")), line);
      }
    }
  }
});

Deno.test("help is coloured on a terminal, and where that is asked for, and never else", () => {
  const terminal = { terminal: true, columns: 100 };
  const colored = (args: string[], env = {}, screen?: Screen) => text(args, env, screen).includes("\x1b[");
  assertEquals(colored(["--help"]), false);
  assertEquals(colored(["--help"], {}, terminal), true);
  assertEquals(colored(["--help"], { NO_COLOR: "1" }, terminal), false);
  assertEquals(colored(["setup", "--help", "--color", "never"], {}, terminal), false);
  assertEquals(colored(["setup", "--help", "--color=always"], { NO_COLOR: "1" }), true);
  assertEquals(colored(["--help"], { FINNHUB_PIPE_COLOR: "always" }), true);
  const bare = text(["help", "setup"], {}, terminal).split("\x1b").map((part) => part.replace(/^\[\d+m/, ""))
    .join("");
  assertEquals(bare, text(["help", "setup"]));
});

Deno.test("a mistyped word is answered with the one that is near, and with none where none is", () => {
  const known = ["producer", "processor", "--kafka-port"];
  assertEquals(similar("procesor", known), "processor");
  assertEquals(similar("PRODUCER", known), "producer");
  assertEquals(similar("--kafka-prot", known), "--kafka-port");
  assertEquals(similar("x", known), undefined);
  assertEquals(similar("kubernetes", known), undefined);
});

Deno.test("a text is broken at its blanks, and a long word stays whole", () => {
  assertEquals(wrapped("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
  assertEquals(wrapped("a-very-long-word b", 4), ["a-very-long-word", "b"]);
  assertEquals(wrapped("", 4), [""]);
});
