import { assert, assertEquals } from "@std/assert";
import { parseFrame } from "../../../src/finnhub/frame.ts";
import { faultPlan, withFault } from "../../../src/finnhub/misbehave.ts";
import { seededRandom } from "../../../src/finnhub/random.ts";

const TRADES = [{ s: "A", p: 1, t: 5, v: 1 }, { s: "A", p: 2, t: 6, v: 1 }];

function received(fault: Parameters<typeof withFault>[1], random = seededRandom(1)) {
  const { send, then } = withFault(TRADES, fault, random);
  const frames = send.map((frame) =>
    typeof frame === "string" ? parseFrame(frame) : { type: "junk" as const }
  );
  const prices = frames.flatMap((frame) =>
    frame.type === "trades" ? frame.trades.map(({ price }) => price) : []
  );
  return { frames, prices, then };
}

Deno.test("no fault, junk, oversize, errors and drop lose no trade and double none", () => {
  for (let seed = 0; seed < 50; seed++) {
    for (const fault of [undefined, "junk", "oversize", "errors", "drop"] as const) {
      assertEquals(received(fault, seededRandom(seed)).prices, [1, 2], fault);
    }
  }
  assertEquals(received("drop").then, "drop");
  assertEquals(received("oversize").frames[0]!.type, "junk");
  assertEquals(received("errors").frames[0]!.type, "error");
});

Deno.test("duplicates send a frame twice, disorder turns it round, a hang swallows it", () => {
  assertEquals(received("duplicates").prices, [1, 2, 1, 2]);
  assertEquals(received("disorder").prices, [2, 1]);
  assertEquals([received("hang").prices, received("hang").then], [[], "hang"]);
});

Deno.test("faultPlan() makes faults as often as asked, of the kinds that were asked for", () => {
  const plan = faultPlan({ kinds: ["junk", "drop"], every: 10, random: seededRandom(3) });
  const faults = Array.from({ length: 10_000 }, plan).filter((fault) => fault !== undefined);
  assert(faults.length > 850 && faults.length < 1150, `${faults.length} faults`);
  assertEquals(new Set(faults), new Set(["junk", "drop"]));
  assertEquals(faultPlan({ kinds: [], every: 1, random: () => 0 })(), undefined);
});
