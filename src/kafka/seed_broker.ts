import type { Buffer } from "node:buffer";
import type { Kafka } from "kafkajs";
import type Encoder from "kafkajs/src/protocol/encoder.js";

/** A request that kafkajs has no words for. */
export interface RawRequest {
  apiKey: number;
  apiVersion: number;
  apiName: string;
  encode(): Encoder;
}

/** The broker that a client spoke to first. */
export interface SeedBroker {
  /** Highest version of each request by its number, as the broker told when it was connected to. */
  readonly versions: Readonly<Record<string, { maxVersion: number }>>;
  /** Sends a request; `read` is given the answer behind its correlation id. */
  ask<Answer>(request: RawRequest, read: (raw: Buffer) => Answer): Promise<Answer>;
}

/** What is used of kafkajs's inner cluster. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  brokerPool: {
    seedBroker: {
      versions: Record<string, { maxVersion: number }>;
      connectionPool: {
        send<Answer>(call: {
          request: RawRequest;
          response: { decode(raw: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> };
        }): Promise<Answer>;
      };
    };
  };
}

/**
 * Connects to a broker, with the client's TLS and login, for requests that kafkajs 2.2.4 does not have.
 *
 * @returns what `work` returns; undefined where kafkajs is built otherwise
 */
export async function withSeedBroker<Result>(
  kafka: Kafka,
  work: (broker: SeedBroker) => Promise<Result>,
): Promise<Result | undefined> {
  const create = Object.getOwnPropertySymbols(kafka)
    .find(({ description }) => description === "private:Kafka:createCluster");
  if (create === undefined) return undefined;
  const cluster = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[create]!({});
  await cluster.connect();
  try {
    const { connectionPool, versions } = cluster.brokerPool.seedBroker;
    return await work({
      versions,
      ask: (request, read) =>
        connectionPool.send({
          request,
          response: {
            // Rejects, and does not throw, where the answer is not what it should be.
            decode: (raw) => Promise.resolve(raw).then(read),
            parse: (found) => Promise.resolve(found),
          },
        }),
    });
  } finally {
    await cluster.disconnect();
  }
}
