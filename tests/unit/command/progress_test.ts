import { assertEquals } from "@std/assert";
import { ProgressScreen } from "../../../src/command/progress.ts";
import { createLogger } from "../../../src/telemetry/log.ts";

Deno.test("where nobody looks, long work is a line of the log every five seconds, and other lines stay as they are", async () => {
  let now = 0;
  const lines: string[] = [];
  const log = createLogger({
    level: "info",
    format: "json",
    write: (line) => lines.push(line),
    now: () => now,
  });
  const screen = new ProgressScreen({ terminal: false, log, clock: () => now });
  {
    using progress = await screen.begin({ what: "import", total: 100, unit: "trades" });
    for (; now < 16_000; now += 500) progress.at(now / 160, now, () => ({ trades: now }));
    assertEquals(screen.line("a line"), "a line");
  }
  const told = lines.map((line) => JSON.parse(line));
  assertEquals(told.map(({ message, trades, what }) => [message, what, trades]), [
    ["progress", "import", 5000],
    ["progress", "import", 10_000],
    ["progress", "import", 15_000],
  ]);
});
