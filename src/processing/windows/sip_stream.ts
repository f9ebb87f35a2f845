import { tradeOrigin } from "../../market/trade_id.ts";
import type { Calendars } from "../../market/calendar/calendars.ts";
import type { BarClass, SipDay } from "../../market/conditions/sip_day.ts";
import type { Sets } from "../../market/aggregate.ts";
import { SipSymbol } from "../../market/conditions/sip_symbol.ts";
import type { Position } from "../../market/position.ts";
import type { SeriesKind } from "../../market/series.ts";
import type { DecodedMessage } from "../decode.ts";
import type { TradeStore } from "../ports.ts";

/** Symbols whose days are remembered in one partition; beyond it all are read again where they are asked for. */
const MAX_SYMBOLS = 20_000;

/** What sale conditions do to the trades of one partition, in the stream's order. */
export class SipStream {
  readonly #symbols = new Map<string, SipSymbol>();
  /** Days of which is known what came before they were followed here. */
  readonly #known = new WeakSet<SipDay>();

  constructor(readonly calendars: Calendars, readonly store: Pick<TradeStore, "trades">) {}

  /** Number of condition codes that the table does not know. */
  unknown = 0;

  symbol(name: string): SipSymbol {
    let known = this.#symbols.get(name);
    if (!known) this.#symbols.set(name, known = new SipSymbol(this.calendars.of(name)));
    return known;
  }

  barClass(symbol: string, kind: SeriesKind, start: number): BarClass {
    return this.symbol(symbol).barClass(kind, start);
  }

  /**
   * Reads what days must know of trades before these messages, where one of them may set the last price only as the first. Seldom
   * once a symbol and day.
   *
   * @param before position of the first message
   * @param whenStored runs a read, as often as it takes, when all trades before it are stored
   */
  async prepare(
    messages: readonly DecodedMessage[],
    before: Position,
    whenStored: (read: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    if (this.#symbols.size > MAX_SYMBOLS) this.#symbols.clear();
    const asked = new Map<SipDay, string>();
    for (const { bad, trades } of messages) {
      for (let i = 0; i < trades.length; i++) {
        const { c, s, t } = trades[i]!;
        if (c === null || c.length === 0 || bad.has(i)) continue;
        const sip = this.symbol(s);
        const effect = sip.effectOf(c);
        this.unknown += effect.unknown;
        const day = sip.day(t);
        if (!this.#known.has(day) && day.asks(effect, t)) asked.set(day, s);
      }
    }
    if (asked.size === 0) return;
    await whenStored(async () => {
      for (const [day, symbol] of asked) await this.#learn(day, symbol, before);
    });
  }

  async #learn(day: SipDay, symbol: string, before: Position): Promise<void> {
    const sip = this.symbol(symbol);
    for await (const trade of this.store.trades(symbol, day.day.start, day.day.end)) {
      const { cancelled, conditions, id, time } = trade;
      if (cancelled || tradeOrigin(id).position >= before) continue;
      const effect = sip.effectOf(conditions);
      day.note(effect, time);
      // What is later by its time says nothing more.
      if (effect.regular.last !== "no" && effect.extended.last !== "no") break;
    }
    this.#known.add(day);
  }

  /** What the next trade sets in bars of each class. */
  take(symbol: string, codes: readonly (string | null)[] | null, time: number): Record<BarClass, Sets> {
    const sip = this.symbol(symbol);
    return sip.take(sip.effectOf(codes), time);
  }
}
