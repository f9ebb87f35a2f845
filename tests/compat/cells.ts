import {
  CASSANDRA_RELEASES,
  type CassandraLine,
  KAFKA_RELEASES,
  type KafkaLine,
} from "../services/releases.ts";

/** Servers that the roles are run against together. */
export interface Cell {
  kafka: KafkaLine;
  mode: "ZooKeeper" | "KRaft";
  cassandra: CassandraLine;
}

/** Every Kafka with one Cassandra, and every Cassandra with one Kafka: what one of them cannot, shows in its own row. */
export const CELLS: readonly Cell[] = [
  { kafka: "3.9", mode: "ZooKeeper", cassandra: "5.0" },
  { kafka: "3.9", mode: "KRaft", cassandra: "5.0" },
  { kafka: "4.4", mode: "KRaft", cassandra: "5.0" },
  { kafka: "3.9", mode: "ZooKeeper", cassandra: "4.1" },
  { kafka: "3.9", mode: "ZooKeeper", cassandra: "6.0" },
];

/** The releases of a cell, in words. */
export function cellNames({ cassandra, kafka, mode }: Cell): { kafka: string; cassandra: string } {
  return {
    kafka: `${KAFKA_RELEASES[kafka].version}, ${mode}`,
    cassandra: CASSANDRA_RELEASES[cassandra].version,
  };
}
