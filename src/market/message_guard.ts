import { AvroWalk } from "./avro/avro_walk.ts";

/**
 * Walks the Avro encoding of a trades message and checks every count and length against the bytes that are there.
 * avsc trusts an array's block count: a dozen bytes could make it build a billion records. Returns whether a number is wider
 * than a double.
 *
 * @throws {RangeError} that says what is wrong.
 */
export function assertWellFormed(bytes: Uint8Array, maxTrades: number): boolean {
  const walk = new AvroWalk(bytes);
  let trades = 0;
  walk.blocks(MIN_TRADE_BYTES, (count) => {
    trades += count;
    if (trades > maxTrades) throw new RangeError(`more than ${maxTrades} trades`);
    for (let i = 0; i < count; i++) walkTrade(walk);
  });
  walk.text();
  walk.end();
  return walk.wide;
}

/** Union branch, double, empty string, long of one byte, double. */
const MIN_TRADE_BYTES = 1 + 8 + 1 + 1 + 8;

function walkTrade(walk: AvroWalk): void {
  const branch = walk.long();
  if (branch === 0) {
    walk.blocks(1, (count) => {
      for (let i = 0; i < count; i++) {
        const inner = walk.long();
        if (inner === 1) walk.text();
        else if (inner !== 0) throw new RangeError("unknown union branch");
      }
    });
  } else if (branch !== 1) throw new RangeError("unknown union branch");
  walk.skip(8);
  walk.text();
  walk.long();
  walk.skip(8);
}
