import { assertEquals, assertRejects } from "@std/assert";
import { topicSettings } from "../../../../src/kafka/topics/topic_settings.ts";
import { type Admin, createTopic } from "../../../../src/kafka/topics/topics.ts";

/** An error as kafkajs tells it. */
const answer = (code: number, text: string) => Object.assign(new Error(text), { code });
const KNOWN = {
  resources: [{ configEntries: [{ configName: "retention.ms", configSource: 1, configValue: "1000" }] }],
};

Deno.test("a topic that was just made is asked for until the broker knows it; other answers stand", async () => {
  let asked = 0;
  const learns = () => ++asked > 2 ? Promise.resolve(KNOWN) : Promise.reject(answer(3, "does not host it"));
  const found = await topicSettings({ describeConfigs: learns } as unknown as Admin, "market");
  assertEquals([found?.get("retention.ms"), asked], ["1000", 3]);
  const refuses = () => Promise.reject(answer(41, "NOT_CONTROLLER"));
  const refused = { describeConfigs: refuses } as unknown as Admin;
  await assertRejects(() => topicSettings(refused, "market"), Error, "NOT_CONTROLLER");
});

Deno.test("a topic is made when the broker that is asked next knows it and its leaders", async () => {
  const answers = [answer(3, "unknown"), answer(5, "no leader")];
  let asked = 0;
  const admin = {
    createTopics: () => Promise.resolve(true),
    fetchTopicMetadata: () => {
      asked++;
      const error = answers.shift();
      return error ? Promise.reject(error) : Promise.resolve({ topics: [] });
    },
  } as unknown as Admin;
  const wish = { topic: "market", partitions: 1, replication: 1, retention: 1000 };
  assertEquals([await createTopic(admin, wish), asked], [true, 3]);
  assertEquals([await createTopic(admin, wish, true), asked], [true, 3], "nothing is made");
});
