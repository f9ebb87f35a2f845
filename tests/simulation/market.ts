import type { FeedSpan } from "../../src/market/following/span.ts";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { CODES } from "../sip_expected.ts";
import type { Chance } from "./chance.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The trades of a history, and what others put on the topic beside them. */
export class ModelMarket {
  readonly #symbols: readonly string[];
  readonly #prices = new Map<string, number>();

  /** How many trades have sale conditions. */
  readonly #coded: number;

  constructor(readonly chance: Chance) {
    this.#coded = chance.pick([0.2, 0.9]);
    this.#symbols = ["A", "B:C", "D E", "F", "G"].slice(0, chance.whole(1, 5));
  }

  /** The trades of one frame at a time, milliseconds: mostly of now, some late, of one millisecond, without volume. */
  frame(now: number): Trade[] {
    return Array.from({ length: this.chance.whole(1, 6) }, () => this.#trade(now));
  }

  /**
   * What a feed tells at a time, milliseconds: of a symbol that was followed, or of a gap that opens, closes or is told again, of
   * some starts only, so that one row is told of often.
   */
  spans(now: number): FeedSpan[] {
    const { chance } = this;
    return Array.from({ length: chance.whole(1, 3) }, () => {
      const symbol = chance.pick(this.#symbols);
      const from = Math.floor((now - chance.whole(0, 3) * 10_000) / 10_000) * 10_000;
      const to = Math.max(from, now - chance.whole(0, 5000));
      if (chance.happens(0.5)) return { kind: "followed", symbol, from, to, why: "" };
      return {
        kind: "gap",
        symbol,
        from,
        ...(chance.happens(0.5) && { to }),
        why: chance.pick(["lost", "refused"]),
      };
    });
  }

  /** A message of somebody else: junk, or of trades of which some, or all, are bad. */
  foreign(now: number): { value: Uint8Array | null; good: Trade[]; bad: boolean; symbol: string } {
    const { chance } = this;
    if (chance.happens(0.3)) {
      const junk = Uint8Array.from({ length: chance.whole(0, 20) }, () => 128 + chance.whole(0, 127));
      return { value: chance.happens(0.1) ? null : junk, good: [], bad: true, symbol: "A" };
    }
    if (chance.happens(0.1)) {
      const says = chance.pick([
        "gap:1:2:lost:A",
        `gap:${now}:${now - 1}:lost:A`,
        `followed:${now}::A`,
        "gap:",
      ]);
      return { value: encodeMessage([], says), good: [], bad: true, symbol: "A" };
    }
    const symbol = chance.pick(this.#symbols);
    const all = Array.from({ length: chance.whole(1, 5) }, () => ({ ...this.#trade(now), symbol }));
    const bad = all.map(() => chance.happens(0.5));
    const trades = all.map((trade, i) => bad[i] ? this.#spoilt(trade, now) : trade);
    return {
      value: encodeMessage(trades),
      good: all.filter((_, i) => !bad[i]),
      bad: bad.includes(true),
      symbol,
    };
  }

  #trade(now: number): Trade {
    const { chance } = this;
    const symbol = chance.pick(this.#symbols);
    const price = Math.max(0.01, (this.#prices.get(symbol) ?? 100) + (chance.random() - 0.5));
    this.#prices.set(symbol, price);
    const late = chance.happens(0.1)
      ? chance.whole(0, 120_000)
      : chance.happens(0.02)
      ? chance.whole(0, 30) * HOUR
      : chance.whole(0, 300);
    return {
      symbol,
      price,
      volume: chance.happens(0.1) ? 0 : chance.random() * 10,
      time: chance.happens(0.2) ? Math.floor((now - late) / 5000) * 5000 : now - late,
      conditions: chance.happens(this.#coded)
        ? Array.from({ length: chance.whole(1, 2) }, () => chance.pick(CODES))
        : [],
    };
  }

  #spoilt(trade: Trade, now: number): Trade {
    return this.chance.pick<Trade>([
      { ...trade, price: NaN },
      { ...trade, price: -1 },
      { ...trade, volume: Infinity },
      { ...trade, time: 0 },
      { ...trade, time: now + 3 * DAY },
      { ...trade, symbol: "" },
      { ...trade, symbol: "x".repeat(65) },
    ]);
  }
}

/** The partition of a symbol, as a partitioner by its hash has it. */
export function partitionOf(symbol: string, partitions: number): number {
  let hash = 7;
  for (const unit of symbol) hash = Math.imul(hash, 31) + unit.charCodeAt(0) | 0;
  return (hash >>> 1) % partitions;
}
