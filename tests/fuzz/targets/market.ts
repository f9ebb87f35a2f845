/** The feed's frames, and messages of the topic. */
import { assertEquals } from "@std/assert";
import { parseFrame } from "../../../src/market/frame.ts";
import { decodeMessage, encodeMessage, framedEncoder, MessageError } from "../../../src/market/message.ts";
import { parseSpan, spanText } from "../../../src/market/following/span.ts";
import { judgedAt } from "../../../src/market/message_time.ts";
import { symbolFault } from "../../../src/market/symbol.ts";
import { conditionCodes, type Trade, tradeFault } from "../../../src/market/trade.ts";
import { decodeAll, plainDecoder } from "../../../src/processing/decode.ts";
import { type Fuzzer, must, orDocumented, textOf, texts } from "../fuzzer.ts";

export const NOW = Date.UTC(2026, 0, 2);
export const TRADE: Trade = {
  symbol: "BINANCE:BTCUSDT",
  price: 1.5,
  volume: 2,
  time: NOW,
  conditions: ["1", "12"],
};

const FRAMES = texts(
  '{"data":[{"c":null,"p":7296.89,"s":"BINANCE:BTCUSDT","t":1767312000000,"v":0.011467}],"type":"trade"}',
  '{"type":"trade","data":[{"s":"AAPL","p":1,"t":1767312000000,"v":0,"c":["1","12",null]},{"s":"IC MARKETS:1","p":2,"t":1767312000001,"v":3}]}',
  '{"type":"ping"}',
  '{"msg":"Invalid symbol","type":"error"}',
);

const perSymbol = (trades: readonly Trade[]) => [...Map.groupBy(trades, ({ symbol }) => symbol).values()];

/** A trade as messages give it back. */
const asTrade = (
  { c, p, s, t, v }: { c: (string | null)[] | null; p: number; s: string; t: number; v: number },
): Trade => ({
  symbol: s,
  price: p,
  time: t,
  volume: v,
  conditions: (c ?? []).map(String),
});

export const frames: Fuzzer = {
  name: "frame",
  corpus: FRAMES,
  words: ["trade", "ping", "error", "data", '"c":', '"s":', '"p":', '"t":', '"v":', "msg", "type"],
  check(input) {
    const text = textOf(input);
    const frame = parseFrame(text, NOW);
    if (frame.type === "junk") return must(frame.reason.length < 100, "a reason is short");
    if (frame.type === "error") return must(frame.message.length <= 500, "a message is bounded");
    if (frame.type !== "trades") return;
    for (const { conditions, price, symbol, time, volume } of frame.trades) {
      const fault = tradeFault(symbol, price, volume, time, NOW);
      must(fault === undefined, `a trade that is taken is good, and not: ${fault}`);
      assertEquals(conditionCodes(conditions), { codes: conditions, dropped: 0 });
    }
    must(frame.malformed >= 0 && frame.droppedCodes >= 0, "counts are counts");
    for (const trades of perSymbol(frame.trades)) {
      assertEquals(
        decodeMessage(encodeMessage(trades.slice(0, 1000))).data.map(asTrade),
        trades.slice(0, 1000),
      );
    }
  },
};

export const messages: Fuzzer = {
  name: "message",
  corpus: [
    encodeMessage([TRADE]),
    encodeMessage(
      Array.from({ length: 20 }, (_, i) => ({ ...TRADE, time: NOW + i, conditions: i % 2 ? [] : ["a"] })),
    ),
    encodeMessage([]),
    encodeMessage([], `gap:${NOW - 5000}:${NOW}:lost:IC MARKETS:1`),
    encodeMessage([], `gap:${NOW}::restart:A`),
    encodeMessage([], `followed:${NOW - 5000}:${NOW}:A`),
    framedEncoder(7)([TRADE]),
  ],
  async check(input) {
    const decoded = await orDocumented(() => decodeMessage(input), MessageError);
    const timestamp = NOW;
    const message = { offset: 0, timestamp, value: input };
    const all = await decodeAll(0, [message], (offset) => offset as never, plainDecoder);
    must(all.letters.length <= 1 && all.messages.length <= 1, "a message is one message or one letter");
    must(all.messages.length + all.letters.length + all.spans.length > 0, "no message vanishes");
    for (const { span } of all.spans) {
      must(all.letters.length === 0, "a word on a feed is good, or a letter");
      must(span.from >= 0 && (span.to ?? span.from) >= span.from, "a time does not end before it starts");
      must(symbolFault(span.symbol) === undefined && /^[a-z]{0,16}$/.test(span.why), "what is used is good");
      assertEquals(parseSpan(spanText(span), NOW), span);
    }
    must(
      (decoded === undefined) === (all.good + all.bad === 0 && all.messages.length === 0) ||
        decoded!.data.length === 0,
      "both read alike",
    );
    for (const { bad, trades } of all.messages) {
      const good = trades.filter((_, i) => !bad.has(i)).map(asTrade);
      for (const { price, symbol, time, volume } of good) {
        must(
          tradeFault(symbol, price, volume, time, judgedAt(timestamp)) === undefined,
          "what is used is good",
        );
      }
      for (const { conditions } of good) {
        must(conditionCodes(conditions).dropped === 0, "codes that are used are within their bounds");
      }
      assertEquals(decodeMessage(encodeMessage(good)).data.map(asTrade), good);
    }
  },
};
