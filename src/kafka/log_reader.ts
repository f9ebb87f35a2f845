import type { Admin, Consumer, Kafka } from "kafkajs";
import type { FoundTopic, LogHandler, LogReader, PartitionProgress } from "../processing/ports.ts";
import type { Logger } from "../telemetry/log.ts";
import { Trouble } from "../telemetry/trouble.ts";
import { backoff, delay, settledWithin, untilAborted } from "../async/wait.ts";
import { kafkaAnswer } from "./answers.ts";
import { Assignment, type LogPositions } from "./assignment.ts";
import { topicId } from "./topics/topic_id.ts";
import { committedOffsets, endOffsets, firstOffsets } from "./topics/topics.ts";

export interface LogReaderOptions {
  kafka: Kafka;
  topic: string;
  groupId: string;
  /** Where a group that has committed nothing starts. Default the beginning. */
  from?: "beginning" | "end";
  /** Silence after which the group counts this process as dead, milliseconds. */
  sessionTimeout: number;
  /** Longest time a broker holds a fetch while there is nothing to read, milliseconds. */
  fetchWait: number;
  /** Bytes read from one partition at a time. */
  fetchBytes: number;
  log: Logger;
  random: () => number;
}

/** Heartbeats in the time of a session: some may be late. */
const BEATS_PER_SESSION = 5;

/** How long a client may take to say goodbye, milliseconds: brokers that are not there answer nothing. */
const GOODBYE_MS = 1500;

const closed = (client: { disconnect(): Promise<void> } | undefined): Promise<unknown> =>
  settledWithin((client?.disconnect() ?? Promise.resolve()).catch(() => {}), GOODBYE_MS);

/** Reads a topic as a member of a consumer group and comes back by itself after every kind of failure. */
export class KafkaLogReader implements LogReader {
  #consumer: Consumer | undefined;
  #admin: Admin | undefined;
  readonly #trouble: Trouble;
  #joined = false;
  /** By partition, as last known: kafkajs commits "the beginning" when a log no longer has the committed offset. */
  readonly #committed = new Map<number, number>();

  constructor(readonly options: LogReaderOptions) {
    this.#trouble = new Trouble({ what: "Kafka cannot be read", log: options.log, now: Date.now });
  }

  get joined(): boolean {
    return this.#joined;
  }

  get trouble(): string | undefined {
    return this.#trouble.reason;
  }

  async run(handler: LogHandler, signal: AbortSignal): Promise<void> {
    const { random } = this.options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const started = Date.now();
      try {
        await this.#consume(handler, signal);
      } catch (error) {
        if (signal.aborted) break;
        if (Date.now() - started > 60_000) attempt = 0;
        const { answer, remedy } = kafkaAnswer(error);
        if (answer === "end") throw new Error(`Kafka cannot be read; ${remedy}`, { cause: error });
        this.#trouble.happened(error, remedy);
        await delay(backoff(attempt, { random }), signal).catch(() => {});
      }
    }
    await closed(this.#admin);
  }

  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const { topic } = this.options;
    if (!this.#consumer) throw new Error("not connected to Kafka");
    await this.#consumer.commitOffsets(
      [...offsets].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
    );
    for (const [partition, offset] of offsets) this.#committed.set(partition, offset);
  }

  async progress(): Promise<PartitionProgress[]> {
    const { groupId, topic } = this.options;
    const admin = await this.#connectedAdmin();
    const ends = await endOffsets(admin, topic);
    const committed = await committedOffsets(admin, groupId, topic);
    return ends.map((end, partition) => ({
      partition,
      end,
      committed: Math.max(0, committed[partition] ?? 0),
    }));
  }

  async topic(): Promise<FoundTopic | undefined> {
    const { kafka, topic } = this.options;
    const id = await topicId(kafka, topic);
    if (id === undefined) return undefined;
    return { id, partitions: (await endOffsets(await this.#connectedAdmin(), topic)).length };
  }

  async #connectedAdmin(): Promise<Admin> {
    if (this.#admin) return this.#admin;
    const admin = this.options.kafka.admin();
    await admin.connect();
    return this.#admin ??= admin;
  }

  async #committedOffsets(): Promise<readonly number[]> {
    const { groupId, topic } = this.options;
    const offsets = await committedOffsets(await this.#connectedAdmin(), groupId, topic);
    offsets.forEach((offset, partition) => {
      if (offset >= 0) this.#committed.set(partition, offset);
    });
    return offsets.map((offset, partition) => offset >= 0 ? offset : this.#committed.get(partition) ?? -1);
  }

  #positions(): LogPositions {
    const { topic } = this.options;
    return {
      committed: () => this.#committedOffsets(),
      beginnings: async () => await firstOffsets(await this.#connectedAdmin(), topic),
    };
  }

  /** One life of a consumer: ends by rejecting when it crashes, or by resolving after the signal. */
  async #consume(handler: LogHandler, signal: AbortSignal): Promise<void> {
    const { fetchBytes, fetchWait, from = "beginning", groupId, kafka, log, sessionTimeout, topic } =
      this.options;
    const beat = sessionTimeout / BEATS_PER_SESSION;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout,
      heartbeatInterval: beat,
      rebalanceTimeout: 30_000,
      maxWaitTimeInMs: fetchWait,
      minBytes: 1,
      maxBytesPerPartition: fetchBytes,
      maxBytes: 16 * fetchBytes,
      metadataMaxAge: 30_000,
      retry: {
        initialRetryTime: 200,
        maxRetryTime: 5000,
        retries: 5,
        restartOnFailure: () => Promise.resolve(false),
      },
    });
    const crashed = Promise.withResolvers<never>();
    crashed.promise.catch(() => {});
    consumer.on(consumer.events.CRASH, ({ payload }) => crashed.reject(payload.error));
    consumer.on(consumer.events.REBALANCING, () => {
      this.#joined = false;
      handler.revoking().catch(() => {});
    });
    let assignment: Assignment | undefined;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#joined = true;
      this.#trouble.over();
      assignment?.end();
      assignment = new Assignment({
        handler,
        beat,
        positions: from === "beginning" ? this.#positions() : undefined,
        seek: (partition, offset) => consumer.seek({ topic, partition, offset: String(offset) }),
        log,
        signal,
      });
      handler.assigned(payload.memberAssignment[topic] ?? []);
    });
    const stopped = Promise.withResolvers<void>();
    const onAbort = () => stopped.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      // Before anything is asked for: what is committed may be out of range.
      const known = from === "beginning" ? this.#committedOffsets().catch(() => {}) : undefined;
      await untilAborted(Promise.all([consumer.connect(), known]), signal);
      this.#consumer = consumer;
      await untilAborted(consumer.subscribe({ topic, fromBeginning: from === "beginning" }), signal);
      const running = consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 16,
        eachBatch: async (payload) => await assignment?.deliver(payload),
      });
      await untilAborted(running, signal).catch((error) => {
        if (!signal.aborted) throw error;
      });
      if (!signal.aborted) await Promise.race([crashed.promise, stopped.promise]);
      await handler.stopping();
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#joined = false;
      this.#consumer = undefined;
      await closed(consumer);
    }
  }
}
