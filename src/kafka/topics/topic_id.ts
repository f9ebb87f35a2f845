import { Buffer } from "node:buffer";
import type { Kafka } from "kafkajs";
import Encoder from "kafkajs/src/protocol/encoder.js";

const METADATA = 3;
/** The first version that has ids, from Kafka 2.8 on. */
const VERSION = 10;

interface Request {
  apiKey: number;
  apiVersion: number;
  apiName: string;
  encode(): Encoder;
}

interface Answer {
  id: string | undefined;
}

/** What is used of kafkajs's inner cluster. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  brokerPool: {
    seedBroker: {
      versions: Record<string, { maxVersion: number }>;
      connectionPool: {
        send(call: {
          request: Request;
          response: { decode(raw: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> };
        }): Promise<Answer>;
      };
    };
  };
}

/**
 * The id of a topic, which another topic of its name does not have (KIP-516); undefined where there is no topic, or its brokers are
 * older than ids. kafkajs 2.2.4 asks for metadata of version 6, which knows names alone (src/broker/index.js).
 */
export async function topicId(kafka: Kafka, topic: string): Promise<string | undefined> {
  const create = Object.getOwnPropertySymbols(kafka)
    .find(({ description }) => description === "private:Kafka:createCluster");
  if (create === undefined) return undefined;
  const cluster = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[create]!({});
  await cluster.connect();
  try {
    const { connectionPool, versions } = cluster.brokerPool.seedBroker;
    if ((versions[METADATA]?.maxVersion ?? 0) < VERSION) return undefined;
    const { id } = await connectionPool.send({
      request: {
        apiKey: METADATA,
        apiVersion: VERSION,
        apiName: "Metadata",
        encode: () => new Encoder().writeBuffer(encode(topic)),
      },
      response: {
        decode: (raw) => Promise.resolve({ id: idOf(raw) }),
        parse: (found) => Promise.resolve(found),
      },
    });
    return id;
  } finally {
    await cluster.disconnect();
  }
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
  let at = 0;
  const length = () => {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = raw.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const skip = (count: number) => at += count;
  const text = () => skip(Math.max(0, length() - 1));
  const tags = () => {
    for (let count = length(); count > 0; count--) {
      length();
      skip(length());
    }
  };
  tags();
  skip(4);
  for (let brokers = length() - 1; brokers > 0; brokers--) {
    skip(4);
    text();
    skip(4);
    text();
    tags();
  }
  text();
  skip(4);
  if (length() - 1 !== 1) return undefined;
  skip(2);
  text();
  const id = raw.subarray(at, at + 16).toString("hex");
  return /^0+$/.test(id) || id.length < 32 ? undefined : id;
}
