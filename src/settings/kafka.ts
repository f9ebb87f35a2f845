import { boolean, hostList, port, positiveDuration, textOf, wholeNumber } from "../parsers.ts";
import { setting } from "./setting.ts";

const topicName = textOf(
  "a topic name of letters, digits, dot, underscore and dash",
  /^[A-Za-z0-9._-]+$/,
  200,
);

/** Settings of Kafka and of the topics that `setup` makes. */
export const kafkaSettings = {
  kafkaServer: setting({
    flag: "kafka-server",
    env: "KAFKA_SERVER",
    default: "127.0.0.1",
    meaning: "Kafka brokers: host, or several host:port",
    parse: hostList,
  }),
  kafkaPort: setting({
    flag: "kafka-port",
    env: "KAFKA_PORT",
    default: "9092",
    meaning: "Port of the brokers named without one",
    parse: port,
  }),
  kafkaTopic: setting({
    flag: "kafka-topic-name",
    env: "KAFKA_TOPIC_NAME",
    default: "market",
    meaning: "Topic of the trades; dead letters go to the same name with .dlq",
    parse: topicName,
  }),
  kafkaGroup: setting({
    flag: "kafka-group-id",
    env: "KAFKA_GROUP_ID",
    default: "finnhub-pipe-processor",
    meaning: "Consumer group that the processors share",
    parse: topicName,
  }),
  kafkaPartitions: setting({
    flag: "kafka-partitions",
    env: "KAFKA_PARTITIONS",
    default: "4",
    meaning: "Partitions of a topic that setup makes",
    parse: wholeNumber(1, 10_000),
  }),
  kafkaReplication: setting({
    flag: "kafka-replication",
    env: "KAFKA_REPLICATION",
    default: "1",
    meaning: "Replicas of a topic that setup makes; 3 on a cluster",
    parse: wholeNumber(1, 15),
  }),
  kafkaRetention: setting({
    flag: "kafka-retention",
    env: "KAFKA_RETENTION",
    default: "7d",
    meaning: "How long a topic that setup makes keeps its messages",
    parse: positiveDuration,
  }),
  raisePartitions: setting({
    flag: "raise-partitions",
    env: "KAFKA_RAISE_PARTITIONS",
    default: "false",
    meaning:
      "Let setup raise the partitions of an existing topic (stop the producer and drain the processor first)",
    parse: boolean,
  }),
};
