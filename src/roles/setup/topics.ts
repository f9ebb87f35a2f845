import { completeEpoch, readRecorded, recordEpoch, recordTopicId } from "../../cassandra/source_epochs.ts";
import type { Session } from "../../cassandra/session.ts";
import type { RoleContext } from "../../command/role.ts";
import { askCoordinator } from "../../kafka/topics/coordinator.ts";
import { groupHolding } from "../../kafka/group.ts";
import { untilHeld } from "../../processing/group_holding.ts";
import {
  allowBytes,
  letterBytes,
  misfits,
  takesLetters,
  topicSettings,
} from "../../kafka/topics/topic_settings.ts";
import {
  type Admin,
  committedOffsets,
  createTopic,
  deadLetterTopic,
  endOffsets,
  findTopic,
  type TopicWish,
} from "../../kafka/topics/topics.ts";
import { isDrained, nextEpoch, type TopicLayout } from "../../processing/epochs.ts";
import type { SettingName } from "../../settings/settings.ts";
import { errorText } from "../../telemetry/log.ts";
import { SetupError } from "./error.ts";
import { fitTopics } from "./topic_shape.ts";

type Context = RoleContext<
  Extract<
    SettingName,
    | "kafkaTopic"
    | "kafkaGroup"
    | "kafkaPartitions"
    | "kafkaReplication"
    | "kafkaRetention"
    | "raisePartitions"
  >
>;

export interface Servers {
  admin: Admin;
  session: Session;
  /** The topic's id; undefined where the brokers know no such thing. */
  topicId(): Promise<string | undefined>;
}

/** How long a topic keeps its messages where nothing is said of it, milliseconds. */
const DEFAULT_RETENTION_MS = 7 * 86_400_000;

/** The topics as they are made where they are not there; the dead letters' takes what brokers let a message be by default. */
export function topicWishes(settings: Context["settings"]): [topic: TopicWish, letters: TopicWish] {
  const { kafkaPartitions, kafkaReplication: replication, kafkaRetention, kafkaTopic } = settings;
  const shape = { replication, retention: kafkaRetention ?? DEFAULT_RETENTION_MS };
  return [
    { ...shape, topic: kafkaTopic, partitions: kafkaPartitions },
    { ...shape, topic: deadLetterTopic(kafkaTopic), partitions: 1, maxBytes: letterBytes(new Map()) },
  ];
}

/** Makes the topic and the one of its dead letters, and records from where on offsets count. */
export async function setUpTopics(
  { admin, session, topicId }: Servers,
  context: Context,
): Promise<void> {
  const { print, settings } = context;
  const { kafkaGroup, kafkaPartitions, kafkaTopic, raisePartitions } = settings;
  const [wish] = topicWishes(settings);
  const found = await findTopic(admin, kafkaTopic);
  if (found.partitions === 0) {
    // Recorded before the topic is made: a crash in between leaves an epoch too many, which does no harm.
    await raiseEpoch(session, { ends: [], committed: [] }, kafkaPartitions, kafkaTopic, print);
  }
  await makeTopic(admin, wish, found.partitions, print);
  await setUpLetters(admin, wish, kafkaTopic, print);
  await fitTopics(admin, [kafkaTopic, deadLetterTopic(kafkaTopic)], context);
  if (found.partitions === 0) {
    const id = await topicId();
    const made = (await readRecorded(session, kafkaTopic)).epochs.at(-1);
    if (id !== undefined && made) await recordTopicId(session, kafkaTopic, id, made.epoch);
    return;
  }

  const layout = async (): Promise<TopicLayout> => {
    const id = await topicId();
    return {
      ends: await endOffsets(admin, kafkaTopic),
      committed: await askCoordinator(
        () => committedOffsets(admin, kafkaGroup, kafkaTopic),
        context.signal,
      ),
      ...(id !== undefined && { topicId: id }),
    };
  };
  if (found.partitions < kafkaPartitions && raisePartitions) {
    if (!isDrained(await layout())) {
      throw new SetupError(
        `topic ${kafkaTopic} has messages that group ${kafkaGroup} has not processed: symbols would change partition ` +
          "among them. Stop the producer, let the processor finish, then run setup again",
      );
    }
    await admin.createPartitions({ topicPartitions: [{ topic: kafkaTopic, count: kafkaPartitions }] });
    print(`topic ${kafkaTopic}: raised from ${found.partitions} to ${kafkaPartitions} partitions`);
  } else if (found.partitions !== kafkaPartitions) {
    const remedy = found.partitions < kafkaPartitions
      ? "raise them with --raise-partitions"
      : "partitions can never be fewer; set KAFKA_PARTITIONS to what is there";
    print(
      `topic ${kafkaTopic}: ${found.partitions} partitions where ${kafkaPartitions} are wanted; ${remedy}`,
    );
  }
  const now = await layout();
  await raiseEpoch(session, now, now.ends.length, kafkaTopic, print);
  if (found.partitions < now.ends.length) await settleGroup(admin, now.ends.length, context);
}

/** Longest time that processors may take to notice new partitions, milliseconds: they look every half minute. */
const SETTLE_MS = 90_000;

/** Nothing may be sent while a processor counts offsets of an old partition by the epoch before: it would store them twice. */
async function settleGroup(
  admin: Admin,
  partitions: number,
  { print, settings, signal }: Context,
): Promise<void> {
  const { kafkaGroup, kafkaTopic } = settings;
  print(`group ${kafkaGroup}: waiting until its processors have the new partitions`);
  const look = () => askCoordinator(() => groupHolding(admin, kafkaGroup, kafkaTopic), signal);
  if (await untilHeld(look, partitions, SETTLE_MS, signal)) return;
  throw new SetupError(
    `the processors of group ${kafkaGroup} have not taken the new partitions of ${kafkaTopic}: restart them, then run setup ` +
      "again, and only then start the producer",
  );
}

/** The dead-letter topic takes whatever its source may hold, and both are looked at. */
async function setUpLetters(
  admin: Admin,
  { replication: copies, retention }: TopicWish,
  topic: string,
  print: Context["print"],
): Promise<void> {
  const letters = deadLetterTopic(topic);
  const [source, dead] = [await topicSettings(admin, topic), await findTopic(admin, letters)];
  const maxBytes = source === undefined ? {} : { maxBytes: letterBytes(source) };
  const wish = { replication: copies, retention, ...maxBytes, topic: letters, partitions: 1 };
  await makeTopic(admin, wish, dead.partitions, print);
  const own = await topicSettings(admin, letters);
  if (source && own && !takesLetters(own, source)) {
    const bytes = letterBytes(source);
    try {
      await allowBytes(admin, letters, bytes);
      print(`topic ${letters}: takes messages up to ${bytes} bytes now, as ${topic} needs`);
    } catch (error) {
      // Letters that do not fit are cut: no reason to do without all that comes after.
      print(
        `topic ${letters}: should take messages up to ${bytes} bytes, and cannot be set: ${errorText(error)}`,
      );
    }
  }
  const { replication } = await findTopic(admin, topic);
  const found = [
    ...(source ? misfits(topic, source, replication) : []),
    ...(own ? misfits(letters, own, replication, true) : []),
  ];
  for (const { remedy, says } of found) print(`topic ${says}; to change it: ${remedy}`);
}

async function makeTopic(
  admin: Admin,
  wish: TopicWish,
  found: number,
  print: Context["print"],
): Promise<void> {
  if (found > 0) return print(`topic ${wish.topic}: present, ${found} partition(s)`);
  const days = wish.retention / 86_400_000;
  await createTopic(admin, wish);
  print(
    `topic ${wish.topic}: made, ${wish.partitions} partition(s), ${wish.replication} replica(s), kept ${days} d`,
  );
}

async function raiseEpoch(
  session: Session,
  layout: TopicLayout,
  partitions: number,
  topic: string,
  print: Context["print"],
): Promise<void> {
  await completeEpoch(session, topic, partitions);
  const recorded = await readRecorded(session, topic);
  const next = nextEpoch(recorded, layout, partitions);
  if (next && await recordEpoch(session, topic, next)) {
    print(`topic ${topic}: offsets count in epoch ${next.epoch}`);
  }
  const current = next?.epoch ?? recorded.epochs.at(-1)?.epoch;
  if (layout.topicId === undefined || current === undefined) return;
  if (next || layout.topicId !== recorded.topicId) {
    await recordTopicId(session, topic, layout.topicId, current);
  }
}
