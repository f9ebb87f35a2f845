import type { Admin } from "kafkajs";
import { kafkaErrorCode } from "../answers.ts";
import { createTopic, findTopic, type TopicWish } from "../topics/topics.ts";

const TOPIC_AUTHORIZATION_FAILED = 29;
const CLUSTER_AUTHORIZATION_FAILED = 31;

/**
 * Rights that a login lacks for making topics that are not there, each as `Create on topic market`: the brokers are asked, and make
 * nothing. A topic that may not be seen counts as missing.
 */
export async function missingRights(admin: Admin, topics: readonly TopicWish[]): Promise<string[]> {
  const lacks: string[] = [];
  for (const wish of topics) {
    if ((await findTopic(admin, wish.topic)).partitions > 0) continue;
    try {
      await createTopic(admin, wish, true);
    } catch (error) {
      const code = kafkaErrorCode(error);
      // What else is wrong is said when it is made.
      if (code !== TOPIC_AUTHORIZATION_FAILED && code !== CLUSTER_AUTHORIZATION_FAILED) continue;
      lacks.push(`Create on topic ${wish.topic}`);
    }
  }
  return lacks;
}
