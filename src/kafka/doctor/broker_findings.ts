import type { Admin } from "kafkajs";
import type { Finding } from "../../doctor/finding.ts";
import { supportFinding } from "../../doctor/support.ts";
import { kafkaErrorCode } from "../answers.ts";
import type { BrokerRelease } from "./release.ts";

/** What of our settings the brokers may refuse. */
export interface OurSettings {
  /** KAFKA_REPLICATION. */
  replication: number;
  /** PROCESSOR_SESSION_TIMEOUT, milliseconds. */
  sessionTimeoutMs: number;
}

const BROKER_RESOURCE = 4;
const SHORTEST = "group.min.session.timeout.ms";
const LONGEST = "group.max.session.timeout.ms";
/** Errors of a login without the right to look. Source: Kafka protocol guide. */
const TOPIC_AUTHORIZATION_FAILED = 29;
const CLUSTER_AUTHORIZATION_FAILED = 31;

/** The release and the mode of the brokers, and whether they are at the end of their support. */
export function releaseFinding({ line, metadataLine, mode }: BrokerRelease, now: number): Finding {
  const subject = "kafka release";
  const zookeeper = mode === "ZooKeeper";
  const named = line ?? (zookeeper ? "before 3.9" : "not told");
  const says = `${named}, ${mode === undefined ? "mode not told" : `${mode} mode`}`;
  if (metadataLine !== undefined) {
    return {
      subject,
      state: "warning",
      says: `${says}; the cluster's metadata is still that of ${metadataLine}`,
      remedy: "finish the upgrade when no broker will go back: kafka-features.sh upgrade --release-version",
    };
  }
  return supportFinding({
    subject,
    says,
    // What came before the last line with ZooKeeper has ended with it, or earlier.
    ...(zookeeper ? { server: "ZooKeeper mode", line: "3.9" } : { server: "Kafka", line }),
    remedy: zookeeper ? "move to KRaft mode on 3.9, then to Kafka 4" : "upgrade Kafka",
    now,
  });
}

/** Settings of ours that these brokers would refuse; nothing where all fit, or our login may not look. */
export async function brokerFindings(
  admin: Admin,
  brokers: readonly { nodeId: number }[],
  { replication, sessionTimeoutMs }: OurSettings,
): Promise<Finding[]> {
  const subject = "kafka settings";
  const found: Finding[] = [];
  if (replication > brokers.length) {
    found.push({
      subject,
      state: "warning",
      says: `KAFKA_REPLICATION is ${replication}, and there are ${brokers.length} broker(s)`,
      remedy: "add brokers, or set KAFKA_REPLICATION to their number: setup refuses more",
    });
  }
  const [shortest, longest] = await sessionBounds(admin, brokers[0]?.nodeId) ?? [0, Infinity];
  if (sessionTimeoutMs < shortest || sessionTimeoutMs > longest) {
    found.push({
      subject,
      state: "failed",
      says: `PROCESSOR_SESSION_TIMEOUT is ${sessionTimeoutMs / 1000} s; ` +
        `the brokers take ${shortest / 1000} s to ${longest / 1000} s`,
      remedy: `set it within these, or change ${SHORTEST} and ${LONGEST} of the brokers`,
    });
  }
  return found;
}

/** Shortest and longest session of a group's member, milliseconds; undefined where our login may not look. */
async function sessionBounds(admin: Admin, node: number | undefined): Promise<[number, number] | undefined> {
  if (node === undefined) return undefined;
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: BROKER_RESOURCE, name: String(node), configNames: [SHORTEST, LONGEST] }],
    });
    const entries = resources[0]?.configEntries ?? [];
    const value = (name: string, preset: number) => {
      const text = entries.find(({ configName }) => configName === name)?.configValue;
      return text === undefined ? preset : Number(text);
    };
    return [value(SHORTEST, 0), value(LONGEST, Infinity)];
  } catch (error) {
    const code = kafkaErrorCode(error);
    if (code === TOPIC_AUTHORIZATION_FAILED || code === CLUSTER_AUTHORIZATION_FAILED) return undefined;
    throw error;
  }
}
