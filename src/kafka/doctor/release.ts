import { Buffer } from "node:buffer";
import type { Kafka } from "kafkajs";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { CompactReader } from "../compact_reader.ts";
import { type SeedBroker, withSeedBroker } from "../seed_broker.ts";

/** What a broker lets others know of its release. */
export interface BrokerRelease {
  /** The line, such as `4.4`; undefined where it does not tell. */
  line: string | undefined;
  /** Where the cluster keeps what it knows of itself; undefined where the broker does not tell. */
  mode: "ZooKeeper" | "KRaft" | undefined;
  /** The line whose metadata the cluster writes, where it is not that of the broker: an upgrade is not finished. */
  metadataLine?: string;
}

/** Numbers of requests. Source: Kafka protocol guide. */
const FETCH = 1;
const API_VERSIONS = 18;
/** Spoken among brokers with ZooKeeper, by no other. */
const UPDATE_METADATA = 6;
/** Asked for the state of KRaft's quorum. */
const DESCRIBE_QUORUM = 55;
/** The first version of ApiVersions that tells features, from Kafka 2.4 on (KIP-584). */
const WITH_FEATURES = 3;
/** The version of Fetch that came with 3.9, the last line with ZooKeeper (KIP-853). */
const FETCH_OF_3_9 = 17;

/** The last level of `metadata.version` of each line. Source: MetadataVersion.java of Kafka 3.9.2 and 4.4.0. */
const LEVELS: readonly [last: number, line: string][] = [
  [1, "3.0"],
  [2, "3.1"],
  [3, "3.2"],
  [7, "3.3"],
  [8, "3.4"],
  [11, "3.5"],
  [14, "3.6"],
  [19, "3.7"],
  [20, "3.8"],
  [21, "3.9"],
  [25, "4.0"],
  [27, "4.1"],
  [29, "4.2"],
  [30, "4.3"],
  [33, "4.4"],
];

interface Features {
  /** Highest level that the broker knows. */
  supported: number | undefined;
  /** Level that the cluster has agreed on. */
  finalized: number | undefined;
}

/**
 * What can be known of a broker's release: Kafka has no request for it. In KRaft mode the levels of `metadata.version` tell; with
 * ZooKeeper only the versions of requests do.
 */
export async function brokerRelease(kafka: Kafka): Promise<BrokerRelease> {
  const release = await withSeedBroker(kafka, async (broker) => {
    const tells = (broker.versions[API_VERSIONS]?.maxVersion ?? 0) >= WITH_FEATURES;
    return releaseOf(broker.versions, tells ? await features(broker) : undefined);
  });
  return release ?? { line: undefined, mode: undefined };
}

/** What a broker's versions and features mean. */
export function releaseOf(versions: SeedBroker["versions"], features: Features | undefined): BrokerRelease {
  const has = (api: number) => versions[api] !== undefined;
  if (has(UPDATE_METADATA) && !has(DESCRIBE_QUORUM)) {
    const last = (versions[FETCH]?.maxVersion ?? 0) >= FETCH_OF_3_9;
    return { line: last ? "3.9" : undefined, mode: "ZooKeeper" };
  }
  const line = lineOf(features?.supported);
  const metadataLine = lineOf(features?.finalized);
  return {
    line,
    mode: has(DESCRIBE_QUORUM) || metadataLine !== undefined ? "KRaft" : undefined,
    ...(line !== undefined && metadataLine !== undefined && line !== metadataLine && { metadataLine }),
  };
}

/** Undefined for none, and for a level that came after this program. */
const lineOf = (level: number | undefined): string | undefined =>
  level === undefined ? undefined : LEVELS.find(([last]) => level <= last)?.[1];

async function features({ ask }: SeedBroker): Promise<Features> {
  const request = {
    apiKey: API_VERSIONS,
    apiVersion: WITH_FEATURES,
    apiName: "ApiVersions",
    encode: () => new Encoder().writeBuffer(question()),
  };
  return await ask(request, (raw) => {
    try {
      return featuresOf(raw);
    } catch (error) {
      // Servers that only speak Kafka's protocol may answer in their own way, and work all the same.
      if (error instanceof RangeError) return { supported: undefined, finalized: undefined };
      throw error;
    }
  });
}

/** Who asks, by name and version; the header and the request end with no tagged fields. */
function question(): Buffer {
  const text = (value: string) => [value.length + 1, ...Buffer.from(value)];
  return Buffer.from([0, ...text("finnhub-pipe"), ...text("1"), 0]);
}

/** Source: Kafka protocol guide, "ApiVersions API", version 3: both lists are tagged fields. */
export function featuresOf(raw: Buffer): Features {
  const answer = new CompactReader(raw);
  const found: Features = { supported: undefined, finalized: undefined };
  answer.skip(2);
  for (let apis = answer.length(); apis > 0; apis--) {
    answer.skip(6);
    answer.tags();
  }
  answer.skip(4);
  const metadataLevel = (highestFirst: boolean): number | undefined => {
    let level: number | undefined;
    for (let count = answer.length(); count > 0; count--) {
      const name = answer.text();
      const [first, second] = [answer.int16(), answer.int16()];
      answer.tags();
      if (name === "metadata.version") level = highestFirst ? first : second;
    }
    return level;
  };
  answer.tags((tag) => {
    // Of what is supported the lowest level comes first, of what is agreed on the highest.
    if (tag === 0) found.supported = metadataLevel(false);
    if (tag === 2) found.finalized = metadataLevel(true);
  });
  return found;
}
