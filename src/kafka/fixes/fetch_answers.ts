import { Buffer } from "node:buffer";
import { CompressionCodecs } from "kafkajs";
import Decoder from "kafkajs/src/protocol/decoder.js";
import v4 from "kafkajs/src/protocol/requests/fetch/v4/response.js";
import v5 from "kafkajs/src/protocol/requests/fetch/v5/response.js";
import v6 from "kafkajs/src/protocol/requests/fetch/v6/response.js";
import v7 from "kafkajs/src/protocol/requests/fetch/v7/response.js";
import v8 from "kafkajs/src/protocol/requests/fetch/v8/response.js";
import v9 from "kafkajs/src/protocol/requests/fetch/v9/response.js";
import v10 from "kafkajs/src/protocol/requests/fetch/v10/response.js";
import v11 from "kafkajs/src/protocol/requests/fetch/v11/response.js";
import { decompress } from "../codecs.ts";
import { answerBudget, readBatches } from "../record_batches.ts";
import { PartitionErrors } from "./partition_errors.ts";

/** Largest content of a message of a format before Kafka 0.11. */
const MAX_OLD_BYTES = 16_777_216;

type Answer = { decode(raw: Buffer): Promise<unknown> };

/**
 * kafkajs 2.2.4 decodes a whole answer to a fetch, or fails: one batch that is compressed by a codec that it lacks, or that
 * grows without bound (its gzip has none), keeps all partitions of a broker from being read, for ever. It passes all records
 * of a batch as arguments of one call, which overflows the stack at about 120,000. And it never comes past the end of a
 * partition whose last offsets have no message.
 *
 * Source: src/protocol/requests/fetch/v4/decodeMessages.js, src/protocol/recordBatch/v0/decoder.js.
 */
export function readEveryBatch(): void {
  const answers = [v4, v5, v6, v7, v8, v9, v10, v11] as unknown as Answer[];
  answers.forEach((answer, i) => answer.decode = (raw) => decodeAnswer(raw, i + 4));
  const codecs = CompressionCodecs as unknown as Record<number, () => unknown>;
  for (const codec of [1, 2, 3, 4]) {
    codecs[codec] = () => ({
      compress: () => Promise.reject(new Error("messages are sent uncompressed")),
      decompress: (bytes: Buffer) => Promise.resolve(decompress(codec, bytes, MAX_OLD_BYTES)),
    });
  }
}

let turn = 0;
const errors = new PartitionErrors(() => performance.now());

/** An answer in the form that kafkajs's own decoders give it. Source: Kafka protocol guide, "Fetch API", versions 4 to 11. */
async function decodeAnswer(raw: Buffer, version: number): Promise<unknown> {
  const decoder = new Decoder(raw);
  const throttleTime = decoder.readInt32();
  const session = version >= 7 ? { errorCode: decoder.readInt16(), sessionId: decoder.readInt32() } : {};
  const responses = decoder.readArray((topic: Decoder) => ({
    topicName: topic.readString(),
    partitions: topic.readArray((partition: Decoder) => partitionOf(partition, version)),
  })) as { topicName: string; partitions: Partition[] }[];
  errors.sift(responses);
  const partitions = responses.flatMap((topic) => topic.partitions);
  const budget = answerBudget();
  // Each partition comes first in its turn: otherwise a large one would always delay the same others.
  turn++;
  for (let i = 0; i < partitions.length; i++) {
    const partition = partitions[(turn + i) % partitions.length]!;
    const spent = i > 0 && (budget.bytes <= 0 || budget.messages <= 0);
    partition.messages = spent ? [] : await readBatches(partition.records, budget);
    // Messages hold on to what they need of it.
    partition.records = NOTHING;
  }
  // From version 8 on the client has to wait; the broker did not.
  return version >= 8
    ? { throttleTime: 0, clientSideThrottleTime: throttleTime, ...session, responses }
    : { throttleTime, ...session, responses };
}

interface Partition {
  partition: number;
  errorCode: number;
  records: Buffer;
  messages: unknown[];
}

const NOTHING = Buffer.alloc(0);

function partitionOf(decoder: Decoder, version: number): Partition {
  const long = () => decoder.readInt64().toString();
  return {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: long(),
    lastStableOffset: long(),
    ...(version >= 5 && { lastStartOffset: long() }),
    abortedTransactions: decoder.readArray((transaction: Decoder) => ({
      producerId: transaction.readInt64().toString(),
      firstOffset: transaction.readInt64().toString(),
    })),
    ...(version >= 11 && { preferredReadReplica: decoder.readInt32() }),
    records: decoder.readBytes() ?? NOTHING,
    messages: [],
  } as Partition;
}
