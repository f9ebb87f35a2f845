import { schemaScript } from "../../cassandra/rights/script.ts";
import { quoted, topicsScript } from "../../kafka/rights/script.ts";
import type { CassandraSettings } from "../../settings/cassandra.ts";
import type { KafkaSettings } from "../../settings/kafka.ts";
import { withPort } from "../../settings/parsers.ts";
import type { Settings } from "../../settings/settings.ts";
import { topicWishes } from "./topics.ts";

type ScriptSettings =
  & KafkaSettings
  & CassandraSettings
  & Parameters<typeof topicWishes>[0]
  & Pick<Settings, "kafkaGroup" | "cassandraReplication" | "tradesTtl" | "windowsTtl">;

/** What an administrator would run in the place of this role, as a script of a shell. */
export function scriptOf(settings: ScriptSettings): string[] {
  const { cassandraHost, cassandraPort, cassandraUser, kafkaPort, kafkaServer, kafkaUser } = settings;
  const [node] = cassandraHost as [string];
  const [, host = node, port = cassandraPort] = /^(.*):(\d+)$/.exec(node) ?? [];
  return [
    "# What finnhub-pipe setup would make, for an administrator. Then run setup with the login of the roles and",
    "# CASSANDRA_MAKE_LOGINS=false: it finds all there, makes nothing, and records from where on offsets count.",
    "# ADMIN and CQLSH are what logs you in, such as ADMIN='--command-config admin.properties' CQLSH='-u admin'.",
    ...topicsScript({
      servers: withPort(kafkaServer, kafkaPort),
      topics: topicWishes(settings),
      group: settings.kafkaGroup,
      user: kafkaUser,
    }),
    ...(cassandraUser === ""
      ? []
      : ["# The login has to be there: CREATE ROLE … WITH LOGIN = true AND PASSWORD = …"]),
    `cqlsh ${quoted(host)} ${port} $CQLSH <<'CQL'`,
    ...schemaScript({
      keyspace: settings.cassandraKeyspace,
      datacenter: settings.cassandraDatacenter,
      replication: settings.cassandraReplication,
      tradesTtl: settings.tradesTtl,
      windowsTtl: settings.windowsTtl,
      user: cassandraUser,
    }).trimEnd().split("\n"),
    "CQL",
  ];
}
