import type { Admin } from "kafkajs";
import { MAX_MESSAGE_BYTES } from "../../market/message.ts";
import { kafkaErrorCode } from "../answers.ts";
import { onceLearnt } from "./learnt.ts";

/** A topic's settings, as they are in force. */
export type TopicSettings = ReadonlyMap<string, string>;

/** Something about a topic that does not fit the pipeline. */
export interface Misfit {
  /** Whether it loses messages or keeps them from being written. */
  severe: boolean;
  says: string;
  remedy: string;
}

const TOPIC_RESOURCE = 2;
/** Where a setting comes from: the topic itself. Source: Kafka protocol guide, `DescribeConfigs`. */
const OWN = 1;
const MAX_BYTES = "max.message.bytes";
/** What a dead letter's headers take at most, and rather more. */
const LETTER_MARGIN = 65_536;
const SHORT_RETENTION_MS = 3_600_000;
/** Below it the producer's messages are refused and made smaller. */
const SMALL_MESSAGES = 131_072;

interface Found {
  settings: Map<string, string>;
  own: Map<string, string>;
}

async function find(admin: Admin, topic: string): Promise<Found> {
  const { resources } = await onceLearnt(() =>
    admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: TOPIC_RESOURCE, name: topic }],
    })
  );
  const found: Found = { settings: new Map(), own: new Map() };
  for (const { configName, configSource, configValue } of resources[0]?.configEntries ?? []) {
    found.settings.set(configName, configValue);
    if (configSource as unknown as number === OWN) found.own.set(configName, configValue);
    // The brokers' own limit is what their volumes bear, and nobody's mistake.
    else if (configName === "retention.bytes") found.settings.delete(configName);
  }
  return found;
}

/** A topic's settings; undefined where our login may not read them. */
export async function topicSettings(admin: Admin, topic: string): Promise<TopicSettings | undefined> {
  try {
    return (await find(admin, topic)).settings;
  } catch (error) {
    const code = kafkaErrorCode(error);
    if (code === 29 || code === 31) return undefined;
    throw error;
  }
}

/** Bytes that a message of the dead-letter topic must be allowed, so that each of the source's fits with its story. */
export const letterBytes = (source: TopicSettings): number =>
  Math.min(2 ** 31 - 1, Number(source.get(MAX_BYTES) ?? MAX_MESSAGE_BYTES + 12) + LETTER_MARGIN);

/** Whether the dead-letter topic takes whatever its source may hold. */
export const takesLetters = (letters: TopicSettings, source: TopicSettings): boolean =>
  Number(letters.get(MAX_BYTES) ?? 0) >= letterBytes(source);

/** Sets some of a topic's settings; what else is set of it stays, as Kafka's request replaces all. */
export async function setOnTopic(
  admin: Admin,
  topic: string,
  wanted: Readonly<Record<string, number>>,
): Promise<void> {
  const { own } = await find(admin, topic);
  for (const [name, value] of Object.entries(wanted)) own.set(name, String(value));
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{
      type: TOPIC_RESOURCE,
      name: topic,
      configEntries: [...own].map(([name, value]) => ({ name, value })),
    }],
  });
}

/** Lets a topic take messages of so many bytes. */
export const allowBytes = (admin: Admin, topic: string, bytes: number): Promise<void> =>
  setOnTopic(admin, topic, { [MAX_BYTES]: bytes });

const change = (topic: string, setting: string) =>
  `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config ${setting}`;

/** What of a topic's settings does not fit. */
export function misfits(topic: string, settings: TopicSettings, replicas: number, letters = false): Misfit[] {
  const found: Misfit[] = [];
  const note = (severe: boolean, says: string, setting: string) =>
    found.push({ severe, says: `${topic}: ${says}`, remedy: change(topic, setting) });
  const number = (name: string, otherwise: number) => Number(settings.get(name) ?? otherwise);
  if (/compact/.test(settings.get("cleanup.policy") ?? "")) {
    note(!letters, "is compacted: of messages with one key only the last is kept", "cleanup.policy=delete");
  }
  const inSync = number("min.insync.replicas", 1);
  if (replicas > 0 && inSync > replicas) {
    note(
      true,
      `wants ${inSync} replicas in sync and has ${replicas}: nothing can be written`,
      `min.insync.replicas=${replicas}`,
    );
  }
  if (letters) return found;
  const retention = number("retention.ms", -1);
  if (retention >= 0 && retention < SHORT_RETENTION_MS) {
    const kept = `keeps messages for ${Math.round(retention / 1000)} s: what is not read by then is lost`;
    note(false, kept, "retention.ms=604800000");
  }
  const bytes = number("retention.bytes", -1);
  if (bytes >= 0) {
    note(
      false,
      `keeps ${bytes} bytes of a partition, however old: what is not read by then is lost`,
      "retention.bytes=-1",
    );
  }
  const largest = number(MAX_BYTES, MAX_MESSAGE_BYTES);
  if (largest < SMALL_MESSAGES) {
    note(
      false,
      `takes messages up to ${largest} bytes: larger ones are refused`,
      `${MAX_BYTES}=${MAX_MESSAGE_BYTES + 12}`,
    );
  }
  if (settings.get("message.timestamp.type") === "LogAppendTime") {
    const says = "has the brokers' times: latencies and ingest times begin there, and not at the producer";
    note(false, says, "message.timestamp.type=CreateTime");
  }
  if (settings.get("unclean.leader.election.enable") === "true") {
    note(false, "may lose acknowledged messages when brokers fail", "unclean.leader.election.enable=false");
  }
  const compression = settings.get("compression.type") ?? "producer";
  if (!["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"].includes(compression)) {
    note(true, `is compressed by ${compression}, which is not read`, "compression.type=producer");
  }
  return found;
}
