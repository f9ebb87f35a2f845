import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { MAX_FRAME_LENGTH, parseFrame } from "../../../../src/market/frame.ts";
import { faultPlan, tradeFrame, withFault } from "../../../../src/finnhub/simulator/misbehave.ts";
import { seededRandom } from "../../../../src/finnhub/random.ts";

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

Deno.test("faultPlan() keeps its mean for any distance, and makes a fault of each frame for 1", () => {
  for (const every of [2, 50, 400]) {
    const plan = faultPlan({ kinds: ["junk"], every, random: seededRandom(9) });
    const frames = 400 * every;
    const faults = Array.from({ length: frames }, plan).filter((fault) => fault !== undefined).length;
    // Four standard deviations of a count around 400.
    assert(Math.abs(faults - 400) < 80, `${faults} faults in ${frames} frames`);
  }
  const always = faultPlan({ kinds: ["drop", "hang"], every: 1, random: seededRandom(9) });
  assert(Array.from({ length: 1000 }, always).every((fault) => fault !== undefined));
});

Deno.test("faultPlan() chooses each of its kinds about as often, and the same again for the same seed", () => {
  const kinds = ["drop", "hang", "junk", "duplicates", "disorder", "oversize", "errors"] as const;
  const faults = (seed: number) => {
    const plan = faultPlan({ kinds, every: 1, random: seededRandom(seed) });
    return Array.from({ length: 7000 }, plan);
  };
  for (const kind of kinds) {
    const count = faults(4).filter((fault) => fault === kind).length;
    assert(count > 850 && count < 1150, `${count} faults of kind ${kind}`);
  }
  assertEquals(faults(4), faults(4));
  assertNotEquals(faults(4), faults(5));
});

Deno.test("withFault() sends each shape of junk, all of it of no trade, before the frame", () => {
  const shapes = new Set<string>();
  let binary = 0;
  for (let i = 0; i < 8; i++) {
    const { send } = withFault(TRADES, "junk", () => (i + 0.5) / 8);
    assertEquals(send.length, 2);
    assertEquals(send[1], tradeFrame(TRADES));
    const [junk] = send;
    if (typeof junk !== "string") binary++;
    else {
      shapes.add(junk);
      const read = parseFrame(junk);
      assert(read.type === "junk" || (read.type === "trades" && read.trades.length === 0), junk);
    }
  }
  assertEquals([shapes.size, binary], [7, 1]);
});

Deno.test("withFault() leaves the frame that it was given as it was", () => {
  const before = structuredClone(TRADES);
  for (const fault of ["disorder", "duplicates", "junk", "oversize"] as const) {
    withFault(TRADES, fault, () => 0);
    assertEquals(TRADES, before);
  }
});

Deno.test("an oversized frame is just above what the feed reads, so that the feed's own bound is tested", () => {
  const [oversized] = withFault(TRADES, "oversize", () => 0).send;
  assert(typeof oversized === "string");
  assert(oversized.length > MAX_FRAME_LENGTH && oversized.length < MAX_FRAME_LENGTH + 100);
  JSON.parse(oversized);
});
