import type { Aggregate } from "../market/aggregate.ts";
import type { FeedSpan } from "../market/following/span.ts";
import type { AvroMessage } from "../market/message.ts";
import type { Position, SourceEpoch } from "../market/position.ts";
import type { SeriesKind } from "../market/series.ts";

/** A message as the log keeps it. */
export interface LogMessage {
  offset: number;
  /** When the producer sent it, milliseconds since the epoch; -1, or anything, where it did not say. */
  timestamp: number;
  value: Uint8Array | null;
  /** W3C traceparent of the one who sent it. */
  traceparent?: string;
  /** Names the schema that it was written with; that of this version when absent. */
  schema?: string;
  /** Why nobody can read it: its value is then what the log keeps, such as a batch that does not decompress. */
  unreadable?: { error: string; headers: Readonly<Record<string, string>> };
}

/** Reads what a log keeps. */
export interface Decoder {
  /**
   * Fails with a MessageError for what is no message that can be read, and waits, where it must, for what tells.
   */
  decode(message: LogMessage): AvroMessage | Promise<AvroMessage>;
  /** Whether messages wait. */
  readonly stalled: boolean;
}

/** Where schemas are found by the ids that Confluent's wire format has. */
export interface SchemaSource {
  /**
   * The text of an Avro schema.
   *
   * @throws {MessageError} where there is none; every other error may pass
   */
  schema(id: number, signal: AbortSignal): Promise<string>;
}

/** One raw trade as it is stored. Rows of one write share symbol and hour. */
export interface TradeRow {
  id: Uint8Array;
  time: number;
  price: number;
  volume: number;
  conditions: readonly string[] | undefined;
  /** When the producer took it, milliseconds; undefined where that is not known. */
  ingested: number | undefined;
}

/** Why a trade that is stored counts no more: it was cancelled, or another row has what is right of it. */
export const TRADE_MARKS = ["cancel", "correction"] as const;
export type TradeMark = typeof TRADE_MARKS[number];

/** A raw trade as it is read back. */
export interface StoredTrade {
  id: Uint8Array;
  /** Milliseconds since the epoch. */
  time: number;
  price: number;
  volume: number;
  conditions: readonly string[];
  /** Absent for a trade that counts. */
  cancelled?: TradeMark;
}

/** Which windows of a symbol lie together in the store. */
export interface SeriesKey {
  symbol: string;
  kind: SeriesKind;
  /** Start of the day or month, milliseconds. */
  bucket: number;
}

/** A window's row: its aggregate, and the source position up to which every trade is in it. */
export interface WindowRow {
  /** Start or end of the window, as its series is keyed; milliseconds. */
  key: number;
  aggregate: Aggregate;
  partition: number;
  complete: Position;
  /** Of a bar: the last trade of that message that it, or a bar before it, has seen; all when absent. */
  index?: number;
}

/** What a message has told of a feed, and where it stands. */
export interface SpanRow {
  span: FeedSpan;
  partition: number;
  position: Position;
}

/** Where rows are kept. Each write resolves when it is acknowledged, may be repeated, and then changes nothing. */
export interface TradeStore {
  writeTrades(symbol: string, hour: number, rows: readonly TradeRow[]): Promise<void>;
  /** Later positions win over earlier ones, whatever order the writes arrive in. */
  writeWindows(series: SeriesKey, rows: readonly WindowRow[]): Promise<void>;
  /** Rows of one kind, symbol and month; of those with one start the later position wins. */
  writeSpans(rows: readonly SpanRow[]): Promise<void>;
  readWindows(series: SeriesKey, keys: readonly number[]): Promise<WindowRow[]>;
  /** The highest key that is stored; undefined for none. */
  newestKey(series: SeriesKey): Promise<number | undefined>;
  /** A symbol's trades in [from, to), by time and id, those too that count no more; page by page. */
  trades(symbol: string, from: number, to: number): AsyncIterable<StoredTrade>;
  /** From when on the rows of a series are complete, by its name, milliseconds: 0 for as long as there are rows. */
  begun(): Promise<ReadonlyMap<string, number>>;
  /** Lives of a topic's layout, earliest first; empty before `setup` has run. */
  sourceEpochs(topic: string): Promise<SourceEpoch[]>;
  /** Records a new life where the topic is another one of its name than the last life was of; whether it is. */
  followTopic?(topic: string, found: FoundTopic): Promise<boolean>;
}

/** A message of which something could not be used. */
export interface DeadLetter {
  partition: number;
  message: LogMessage;
  error: string;
  /** Indexes of the bad trades where the others were processed; absent when the whole message is bad. */
  badTrades?: readonly number[];
}

/** Keeps dead letters. */
export interface DeadLetterOffice {
  /** Resolves when the letter is safe. */
  send(letter: DeadLetter): Promise<void>;
  /** Resolves when more letters may be sent; at once where none ever waits. */
  room?(): Promise<void>;
  /** Why letters wait, and since when; undefined while none has to. */
  readonly trouble?: string | undefined;
}

/** What a {@linkcode LogReader} delivers to. */
export interface LogHandler {
  /** These partitions are ours from now on, and no others; what was held of any partition is to be dropped. */
  assigned(partitions: readonly number[]): void;
  /** Partitions may go to others: a chance to write and commit. They are ours until {@linkcode assigned} is called. */
  revoking(): Promise<void>;
  /** The reader is about to leave the group: the last chance to write and commit. */
  stopping(): Promise<void>;
  /**
   * Messages of one partition in order; the next ones come when this resolves.
   *
   * @param end offset that the partition's next message will get.
   * @param next offset up to which nothing else is to come: markers and messages that were taken out have offsets too. That after
   * the last message when absent.
   */
  process(partition: number, messages: readonly LogMessage[], end: number, next?: number): Promise<void>;
  /** Offsets from `from` to `to`, which is not included, are gone from the log and were never read. */
  lost?(partition: number, from: number, to: number): void;
  /** The log ended before `next`, up to which it was read, and is read from its beginning again. */
  rewound?(partition: number, next: number, end: number): void;
}

/** How far a partition of ours goes and is done. */
export interface PartitionProgress {
  partition: number;
  /** Offset that the next message will get. */
  end: number;
  /** First offset that is not committed. */
  committed: number;
}

/** A topic as the log has it now. */
export interface FoundTopic {
  /** Another topic of the same name has another one. */
  id: string;
  partitions: number;
}

/** A partitioned log, read as a member of a group. */
export interface LogReader {
  /** Delivers messages until the signal is aborted, then lets the handler finish and leaves the group. */
  run(handler: LogHandler, signal: AbortSignal): Promise<void>;
  /** Commits by partition the first offset that is not yet done. */
  commit(offsets: ReadonlyMap<number, number>): Promise<void>;
  progress(): Promise<PartitionProgress[]>;
  /** Undefined where topics are told apart by their names alone. */
  topic?(): Promise<FoundTopic | undefined>;
  /** Whether this process is a member of the group. */
  readonly joined: boolean;
  /** Why it is not, and since when; undefined where that is not known. */
  readonly trouble?: string | undefined;
}
