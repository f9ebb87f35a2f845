import {
  anyText,
  boolean,
  hostList,
  oneOf,
  optional,
  port,
  positiveDuration,
  textOf,
  wholeNumber,
} from "./parsers.ts";
import { certificateFile, keyFile } from "../transport/pem.ts";
import { setting, type Values } from "./setting.ts";

const topicName = textOf(
  "a topic name of letters, digits, dot, underscore and dash",
  /^[A-Za-z0-9._-]+$/,
  200,
);

const mechanism = oneOf("plain", "scram-sha-256", "scram-sha-512");

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
  kafkaTls: setting({
    flag: "kafka-tls",
    env: "KAFKA_TLS",
    default: "false",
    meaning: "Speak TLS to the brokers; the certificate of each must be trusted and for the broker's name",
    parse: boolean,
  }),
  kafkaCaFile: setting({
    flag: "kafka-ca-file",
    env: "KAFKA_CA_FILE",
    default: "",
    meaning: "PEM file of CAs to trust besides the public ones",
    parse: certificateFile,
  }),
  kafkaCertFile: setting({
    flag: "kafka-cert-file",
    env: "KAFKA_CERT_FILE",
    default: "",
    meaning: "PEM file of the client certificate and its chain, where the brokers want one",
    parse: certificateFile,
  }),
  kafkaKeyFile: setting({
    flag: "kafka-key-file",
    env: "KAFKA_KEY_FILE",
    default: "",
    meaning: "PEM file of its private key",
    parse: keyFile,
  }),
  kafkaSasl: setting({
    flag: "kafka-sasl-mechanism",
    env: "KAFKA_SASL_MECHANISM",
    default: "",
    meaning: "How to log in: plain, scram-sha-256 or scram-sha-512; no login when empty",
    parse: optional(mechanism),
  }),
  kafkaUser: setting({
    flag: "kafka-user",
    env: "KAFKA_USER",
    default: "",
    meaning: "Kafka login",
    parse: anyText,
  }),
  kafkaPassword: setting({
    env: "KAFKA_PASSWORD",
    default: "",
    meaning: "Its password (environment only)",
    secret: true,
    parse: anyText,
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
    meaning: "Replicas of the topics; where one has fewer, setup makes them; 3 on a cluster",
    parse: wholeNumber(1, 15),
  }),
  kafkaRetention: setting({
    flag: "kafka-retention",
    env: "KAFKA_RETENTION",
    default: "",
    meaning:
      "How long topics keep their messages; unset: 7d for those that setup makes, and others stay as they are",
    parse: optional(positiveDuration),
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

/** What every role that speaks to Kafka needs. */
export const KAFKA = [
  "kafkaServer",
  "kafkaPort",
  "kafkaTls",
  "kafkaCaFile",
  "kafkaCertFile",
  "kafkaKeyFile",
  "kafkaSasl",
  "kafkaUser",
  "kafkaPassword",
] as const satisfies (keyof typeof kafkaSettings)[];

export type KafkaSettings = Values<typeof kafkaSettings, typeof KAFKA[number]>;
