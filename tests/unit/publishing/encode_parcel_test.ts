import { assert, assertEquals } from "@std/assert";
import { decodeMessage, encodeMessage } from "../../../src/market/message.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { encodeParcel, MAX_ENCODED_BYTES } from "../../../src/publishing/encode_parcel.ts";

const trade = (time: number, conditions: string[] = []): Trade => ({
  symbol: "A",
  price: 1,
  volume: 1,
  time,
  conditions,
});

Deno.test("encodeParcel() makes one value of what fits, and several in order of what does not", () => {
  const large = Array.from({ length: 100 }, (_, i) => trade(i, ["x".repeat(50_000)]));
  const { parts, unfit } = encodeParcel(large, encodeMessage);
  assert(parts.length > 5 && parts.every(({ value }) => value.length <= MAX_ENCODED_BYTES));
  assertEquals(
    parts.flatMap(({ value }) => decodeMessage(value).data.map(({ t }) => t)),
    large.map((_, i) => i),
  );
  assertEquals(parts.reduce((sum, { trades }) => sum + trades, 0), 100);
  assertEquals(unfit, []);
  assertEquals(encodeParcel([trade(1), trade(2)], encodeMessage).parts.map(({ trades }) => trades), [2]);
});

Deno.test("encodeParcel() leaves out what cannot be encoded, or is too large by itself, alone", () => {
  const trades = Array.from({ length: 50 }, (_, i) => trade(i));
  // What avsc refuses: no number that JSON brings may end the sending.
  trades[7] = trade(Number.MAX_SAFE_INTEGER);
  trades[31] = trade(31, ["x".repeat(2_000_000)]);
  trades[49] = { ...trade(49), price: "1" as unknown as number };
  const { parts, unfit } = encodeParcel(trades, encodeMessage);
  const good = trades.filter((_, i) => ![7, 31, 49].includes(i));
  assertEquals(
    parts.flatMap(({ value }) => decodeMessage(value).data.map(({ t }) => t)),
    good.map(({ time }) => time),
  );
  assertEquals(unfit.map(({ trade }) => trade), [trades[7], trades[31], trades[49]]);
});
