import { Buffer } from "node:buffer";
import type { Kafka } from "kafkajs";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { CompactReader } from "../compact_reader.ts";
import { withSeedBroker } from "../seed_broker.ts";

const METADATA = 3;
/** The first version that has ids, from Kafka 2.8 on. */
const VERSION = 10;

/**
 * The id of a topic, which another topic of its name does not have (KIP-516); undefined where there is no topic, or its brokers are
 * older than ids. kafkajs 2.2.4 asks for metadata of version 6, which knows names alone (src/broker/index.js).
 */
export async function topicId(kafka: Kafka, topic: string): Promise<string | undefined> {
  return await withSeedBroker(kafka, async ({ ask, versions }) => {
    if ((versions[METADATA]?.maxVersion ?? 0) < VERSION) return undefined;
    const request = {
      apiKey: METADATA,
      apiVersion: VERSION,
      apiName: "Metadata",
      encode: () => new Encoder().writeBuffer(encode(topic)),
    };
    return await ask(request, idOf);
  });
}

/** Source: Kafka protocol guide, "Metadata API", version 10, and KIP-482 for compact lengths and tagged fields. */
function encode(topic: string): Buffer {
  const name = Buffer.from(topic);
  const [none, no] = [0, 0];
  return Buffer.concat([
    Buffer.from([
      none, // tagged fields of the header
      2, // one topic
      ...new Array(16).fill(0), // by its name
    ]),
    new Encoder().writeUVarInt(name.length + 1).buffer,
    name,
    // Not to be made, without the rights of the cluster and of topics.
    Buffer.from([none, no, no, no, none]),
  ]);
}

/** The id of the one topic of the answer. */
function idOf(raw: Buffer): string | undefined {
  const answer = new CompactReader(raw);
  answer.tags();
  answer.skip(4);
  for (let brokers = answer.length(); brokers > 0; brokers--) {
    answer.skip(4);
    answer.text();
    answer.skip(4);
    answer.text();
    answer.tags();
  }
  answer.text();
  answer.skip(4);
  if (answer.length() !== 1) return undefined;
  answer.skip(2);
  answer.text();
  const id = raw.subarray(answer.at, answer.at + 16).toString("hex");
  return /^0+$/.test(id) || id.length < 32 ? undefined : id;
}
