/** A fault that is planted on purpose: a text of a source file, and what takes its place. */
export interface Mutant {
  name: string;
  /** Below src/. */
  file: string;
  from: string;
  to: string;
}

const PARTITION = "processing/partition_processor.ts";
const STREAM = "processing/stream_processor.ts";
const WINDOWS = "processing/window_state.ts";
const QUEUE = "processing/write_queue.ts";
const POSITION = "market/position.ts";

/** Each breaks one of the guarantees, as a change might by mistake. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "commit before the writes are acknowledged",
    file: PARTITION,
    from:
      "      for (const write of writes) this.#track(write());\n      await Promise.all(this.#outstanding);\n",
    to: "      for (const write of writes) this.#track(write());\n",
  },
  {
    name: "windows before the raw trades that they claim",
    file: PARTITION,
    from: "      await Promise.all(this.#outstanding);\n      for (const write of writes)",
    to: "      for (const write of writes)",
  },
  {
    name: "every window write has the same timestamp",
    file: POSITION,
    from: "WRITES_PER_POSITION * position;",
    to: "WRITES_PER_POSITION * (position > 0 ? 1 : 0);",
  },
  {
    name: "a message at a window's own position is added again",
    file: PARTITION,
    from: "for (const window of windows) {\n          if (position <= window.complete) continue;",
    to: "for (const window of windows) {\n          if (position < window.complete) continue;",
  },
  {
    name: "what a row that was read back holds is added again",
    file: PARTITION,
    from: "for (const window of windows) {\n          if (position <= window.complete) continue;",
    to: "for (const window of windows) {",
  },
  {
    name: "a window that has changed is not written",
    file: PARTITION,
    from: "    this.#dirty.push(window);",
    to: "    if (this.#dirty.length % 7 !== 3) this.#dirty.push(window);",
  },
  {
    name: "windows are forgotten while their writes are under way",
    file: PARTITION,
    from: "      await this.flush();\n      this.#windows.shrink(maxWindows);",
    to: "      this.#windows.shrink(maxWindows);",
  },
  {
    name: "no flush when the process stops",
    file: STREAM,
    from: "    await this.#flush(this.options.stopTimeout);\n    done.abort();",
    to: "    done.abort();",
  },
  {
    name: "what is told of feeds is not awaited",
    file: PARTITION,
    from: "for (const write of writeSpans(decoded.spans, this.options)) this.#track(write);",
    to: "for (const write of writeSpans(decoded.spans, this.options)) write.catch(() => {});",
  },
  {
    name: "a word on a feed has the position of none",
    file: "processing/decode.ts",
    from: "result.spans.push({ span, partition, position: position(message.offset) });",
    to: "result.spans.push({ span, partition, position: 0 });",
  },
  {
    name: "dead letters are not awaited",
    file: PARTITION,
    from: "for (const letter of decoded.letters) this.#track(office.send(letter));",
    to: "for (const letter of decoded.letters) office.send(letter);",
  },
  {
    name: "no dead letter for a message of which some trades are good",
    file: "processing/decode.ts",
    from: "...(whole ? {} : { badTrades: [...bad] }) });",
    to: "...(whole ? {} : { badTrades: [...bad] }) });\n      if (!whole) result.letters.pop();",
  },
  {
    name: "the epoch is not raised for a topic that was made anew",
    file: "processing/epochs.ts",
    from: "const epoch = recorded.highest + 1;",
    to: "const epoch = recorded.highest || 1;",
  },
  {
    name: "partitions raised without an epoch",
    file: "processing/epochs.ts",
    from: "if (ends.length === current.starts.length) return undefined;",
    to: "return undefined;",
  },
  {
    name: "the earliest epoch that covers an offset, not the latest",
    file: POSITION,
    from: "for (let i = epochs.length - 1; i >= 0; i--) {",
    to: "for (let i = 0; i < epochs.length; i++) {",
  },
  {
    name: "windows of an earlier assignment are kept",
    file: STREAM,
    from: "    this.#partitions = new Map();\n    // Asked",
    to: "    // Asked",
  },
  {
    name: "offsets are committed one too far",
    file: PARTITION,
    from: "return upTo === this.#committed ? undefined : upTo + 1;",
    to: "return upTo === this.#committed ? undefined : upTo + 2;",
  },
  {
    name: "a failed write is not repeated",
    file: QUEUE,
    from: "          if (isAbort(error, signal)) throw error;",
    to: "          if (isAbort(error, signal) || attempt >= 0) return;",
  },
  {
    name: "the newest stored window is not asked for",
    file: WINDOWS,
    from: "if (series.newest === undefined) missing.push({ series: series.key, newest: true });\n    else if",
    to: "if (series.newest === undefined) series.newest = -Infinity;\n    if",
  },
  {
    name: "a batch that comes again is processed again",
    file: PARTITION,
    from: "const fresh = messages.filter(({ offset }) => offset > this.#applied);",
    to: "const fresh = messages;",
  },
  {
    name: "a trade's place in its message is left out of its id",
    file: "processing/trade_groups.ts",
    from: "id: tradeId(topicHash, partition, position, i),",
    to: "id: tradeId(topicHash, partition, position, 0),",
  },
  {
    name: "a bad trade is counted, and added",
    file: "processing/decode.ts",
    from: "if (fault === undefined) continue;\n    (bad ??= new Set())",
    to: 'if (fault === undefined || fault.startsWith("volume")) continue;\n    (bad ??= new Set())',
  },
  {
    name: "a trade of an average's last slot is left out",
    file: "market/series.ts",
    from: "for (let start = last - lengthMs + hopMs; start <= last; start += hopMs) {",
    to:
      "for (let start = last - lengthMs + 2 * hopMs; start <= last || hopMs === lengthMs && start <= last + hopMs; start += hopMs) {",
  },
  {
    name: "of two trades of one time, the first closes",
    file: "market/aggregate.ts",
    from: "if (time >= into.closeTime) {",
    to: "if (time > into.closeTime) {",
  },
  {
    name: "a repair claims what is not stored",
    file: "batch/repair.ts",
    from: "newest > stored;",
    to: "newest > stored + 1e15;",
  },
  {
    name: "a repair goes by rows that were read after its trades",
    file: "batch/backfill.ts",
    from: "storedUpTo(claims, difference",
    to: "storedUpTo(this.#stored, difference",
  },
  {
    name: "a row of an epoch does not tell that all before it is stored",
    file: "batch/examine.ts",
    from: "Math.max(claims.get(partition) ?? NO_POSITION, positionOf(epoch, 0) - 1)",
    to: "epoch < 0 ? positionOf(epoch, 0) : claims.get(partition) ?? NO_POSITION",
  },
  {
    name: "a print that may set the last price only as the first always does",
    file: "market/conditions/sip_day.ts",
    from: 'rule === "first" && this.#first[bars] > time',
    to: 'rule === "first"',
  },
  {
    name: "what a day's prints before a restart were is not asked for",
    file: "processing/windows/sip_stream.ts",
    from: "if (!this.#known.has(day) && day.asks(effect, t)) asked.set(day, s);",
    to: "",
  },
  {
    name: "a bar is added to that is full",
    file: "market/bars.ts",
    from: "this.full = isFull(this.kind, this.key, this.aggregate);\n    return begins;",
    to: "this.full = isFull(this.kind, this.key, this.aggregate) && volume !== 0;\n    return begins;",
  },
  {
    name: "a trade that is in a bar is added again",
    file: "processing/windows/bar_stream.ts",
    from: "if (isWithin(position, i, bars.done)) continue;",
    to: "",
  },
  {
    name: "a bar's row claims the whole message that fills it",
    file: "processing/windows/bar_stream.ts",
    from: "partition, complete: position, index });",
    to: "partition, complete: position, index: LAST_INDEX });",
  },
  {
    name: "a full bar's row claims all that is in memory",
    file: "processing/windows/bar_stream.ts",
    from: "return [series, [...full, ...open]];",
    to: "return [series, [...full.map((row) => ({ ...row, complete, index: LAST_INDEX })), ...open]];",
  },
  {
    name: "bars of an hour are written in any order",
    file: "processing/windows/window_writes.ts",
    from: "for (const write of partsOf(series, rows, options)) await write();",
    to: "await Promise.all(partsOf(series, rows, options).map((write) => write()));",
  },
  {
    name: "bars go by the times of their trades",
    file: "market/aggregate.ts",
    from: "  into.close = price;\n  into.closeTime = time;\n}\n\n/** What of",
    to:
      "  if (time >= into.closeTime) {\n    into.close = price;\n    into.closeTime = time;\n  }\n}\n\n/** What of",
  },
  {
    name: "a candle by sale conditions counts every print's volume",
    file: "market/aggregate.ts",
    from: "if (sets.volume) addVolume",
    to: "if (sets.volume || price > 0) addVolume",
  },
];
