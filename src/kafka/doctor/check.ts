import type { Admin, Kafka } from "kafkajs";
import type { Check, Finding } from "../../doctor/finding.ts";
import { brokerFindings, type OurSettings, releaseFinding } from "./broker_findings.ts";
import { brokerRelease } from "./release.ts";
import { askCoordinator } from "../topics/coordinator.ts";
import { misfits, takesLetters, topicSettings } from "../topics/topic_settings.ts";
import { committedOffsets, deadLetterTopic, endOffsets, findTopic } from "../topics/topics.ts";

export interface KafkaCheckOptions {
  kafka: Kafka;
  topic: string;
  groupId: string;
  ours: OurSettings;
  /** Milliseconds since the epoch. */
  now: () => number;
  explain(error: unknown): Promise<string | undefined>;
}

/** Whether Kafka answers, its topics are there and whole, and somebody reads them. */
export function kafkaCheck({ explain, groupId, kafka, now, ours, topic }: KafkaCheckOptions): Check {
  return {
    name: "kafka",
    explain,
    remedy: "check KAFKA_SERVER and KAFKA_PORT, and that the brokers run",
    run: async (signal) => {
      const admin = kafka.admin({ retry: { retries: 1, initialRetryTime: 200 } });
      await admin.connect();
      try {
        const { brokers, controller } = await admin.describeCluster();
        const names = brokers.map(({ host, port }) => `${host}:${port}`).join(", ");
        const findings: Finding[] = [{
          subject: "kafka brokers",
          state: "ok",
          says: `${brokers.length}: ${names}`,
        }];
        if (controller === null) {
          findings.push({
            subject: "kafka controller",
            state: "failed",
            says: "no broker is the controller",
            remedy:
              "see whether ZooKeeper or the KRaft controllers run; topics cannot be made or moved meanwhile",
          });
        }
        findings.push(
          releaseFinding(await brokerRelease(kafka), now()),
          ...await brokerFindings(admin, brokers, ours),
        );
        const topics = await admin.listTopics();
        for (const name of [topic, deadLetterTopic(topic)]) {
          findings.push(
            topics.includes(name) ? await topicFinding(admin, name) : {
              subject: "kafka topic",
              state: "failed",
              says: `${name} does not exist`,
              remedy: "run finnhub-pipe setup, or check KAFKA_TOPIC_NAME",
            },
          );
        }
        if (topics.includes(topic)) {
          findings.push(await askCoordinator(() => groupFinding(admin, groupId, topic), signal));
          findings.push(...await settingsFindings(admin, topic, topics.includes(deadLetterTopic(topic))));
        }
        return findings;
      } finally {
        await admin.disconnect();
      }
    },
  };
}

async function topicFinding(admin: Admin, topic: string): Promise<Finding> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]?.partitions ?? [];
  const subject = "kafka topic";
  const leaderless = partitions.filter(({ leader }) => leader < 0).length;
  if (leaderless > 0) {
    const says = `${topic}: ${leaderless} of ${partitions.length} partitions have no leader`;
    return {
      subject,
      state: "failed",
      says,
      remedy: "see which brokers are away; nothing can be written there",
    };
  }
  const short = partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length;
  if (short > 0) {
    const says = `${topic}: ${short} of ${partitions.length} partitions lack a copy`;
    return { subject, state: "warning", says, remedy: "see which brokers are away or behind" };
  }
  const copies = partitions[0]?.replicas.length ?? 0;
  return { subject, state: "ok", says: `${topic}: ${partitions.length} partitions, ${copies} copies` };
}

/** What of the topics' settings does not fit; nothing where all does, or our login may not look. */
async function settingsFindings(admin: Admin, topic: string, lettersExist: boolean): Promise<Finding[]> {
  const subject = "kafka topic settings";
  const source = await topicSettings(admin, topic);
  const letters = lettersExist ? await topicSettings(admin, deadLetterTopic(topic)) : undefined;
  const replicas = (await findTopic(admin, topic)).replication;
  const found = [
    ...(source ? misfits(topic, source, replicas) : []),
    ...(letters ? misfits(deadLetterTopic(topic), letters, replicas, true) : []),
  ].map(({ remedy, says, severe }): Finding => ({
    subject,
    state: severe ? "failed" : "warning",
    says,
    remedy,
  }));
  if (source && letters && !takesLetters(letters, source)) {
    const says = `${deadLetterTopic(topic)} takes smaller messages than ${topic}: dead letters may be cut`;
    found.push({ subject, state: "warning", says, remedy: "run finnhub-pipe setup" });
  }
  return found;
}

async function groupFinding(admin: Admin, groupId: string, topic: string): Promise<Finding> {
  const { groups: [group] } = await admin.describeGroups([groupId]);
  const ends = await endOffsets(admin, topic);
  const committed = await committedOffsets(admin, groupId, topic);
  const lag = ends.reduce(
    (sum, end, partition) => sum + Math.max(0, end - Math.max(0, committed[partition] ?? 0)),
    0,
  );
  const members = group?.members.length ?? 0;
  const subject = "kafka group";
  if (members > 0) {
    return { subject, state: "ok", says: `${groupId}: ${members} members, ${lag} messages wait` };
  }
  const says = `${groupId}: nobody reads, ${lag} messages wait`;
  return { subject, state: "warning", says, remedy: "start finnhub-pipe processor, or check KAFKA_GROUP_ID" };
}
