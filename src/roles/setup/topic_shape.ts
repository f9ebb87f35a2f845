import type { RoleContext } from "../../command/role.ts";
import { kafkaErrorCode } from "../../kafka/answers.ts";
import { minInSync, raiseReplicas, ReplicasError } from "../../kafka/topics/replicas.ts";
import { setOnTopic, topicSettings } from "../../kafka/topics/topic_settings.ts";
import type { Admin } from "../../kafka/topics/topics.ts";
import type { SettingName } from "../../settings/settings.ts";
import { errorText } from "../../telemetry/log.ts";
import { SetupError } from "./error.ts";

type Context = RoleContext<Extract<SettingName, "kafkaReplication" | "kafkaRetention">>;

/** Where the group's committed offsets are: with one copy, one lost broker stops every processor. */
const OFFSETS = "__consumer_offsets";
const RETENTION = "retention.ms";
const IN_SYNC = "min.insync.replicas";

/**
 * Gives topics that are there what is wanted of them: retention where it is said, and at least as many replicas.
 *
 * @throws {SetupError} where there are too few brokers.
 */
export async function fitTopics(admin: Admin, topics: readonly string[], context: Context): Promise<void> {
  const { print, settings: { kafkaReplication, kafkaRetention }, signal } = context;
  for (const topic of topics) {
    await allowed(`topic ${topic}: its settings`, print, async () => {
      const now = await topicSettings(admin, topic);
      if (
        kafkaRetention === undefined || now === undefined || Number(now.get(RETENTION)) === kafkaRetention
      ) return;
      await setOnTopic(admin, topic, { [RETENTION]: kafkaRetention });
      print(
        `topic ${topic}: keeps messages for ${days(kafkaRetention)} now, before for ${
          days(now.get(RETENTION))
        }`,
      );
    });
  }
  if (kafkaReplication === 1) return;
  const found = new Set(await admin.listTopics());
  for (const topic of [...topics, OFFSETS].filter((topic) => found.has(topic))) {
    await allowed(`topic ${topic}: its replicas`, print, async () => {
      await raiseReplicas(topic, kafkaReplication, { admin, print, signal });
      const now = topic === OFFSETS ? undefined : await topicSettings(admin, topic);
      // Last: before the copies are there nothing could be written.
      if (now === undefined || Number(now.get(IN_SYNC)) >= minInSync(kafkaReplication)) return;
      await setOnTopic(admin, topic, { [IN_SYNC]: minInSync(kafkaReplication) });
      print(`topic ${topic}: a message is acknowledged by ${minInSync(kafkaReplication)} replicas now`);
    });
  }
}

const days = (ms: unknown): string => Number(ms) < 0 ? "ever" : `${Number(ms) / 86_400_000} d`;

/** Says what our login may not do, and goes on. */
async function allowed(what: string, print: Context["print"], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ReplicasError) throw new SetupError(error.message);
    const code = kafkaErrorCode(error);
    if (code !== 29 && code !== 31) throw error;
    print(`${what} cannot be changed by this login: ${errorText(error)}`);
  }
}
