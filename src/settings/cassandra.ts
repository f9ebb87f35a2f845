import {
  anyText,
  boolean,
  duration,
  hostList,
  oneOf,
  optional,
  port,
  textOf,
  wholeNumber,
} from "./parsers.ts";
import { certificateFile, keyFile } from "../transport/pem.ts";
import { setting, type Values } from "./setting.ts";

const cqlName = textOf("a name of lower-case letters, digits and underscore", /^[a-z][a-z0-9_]*$/, 48);
const serverName = textOf("a host name or address", /^[A-Za-z0-9.:_-]+$/);

/** Settings of Cassandra and of the tables that `setup` makes. */
export const cassandraSettings = {
  cassandraHost: setting({
    flag: "cassandra-host",
    env: "CASSANDRA_HOST",
    default: "127.0.0.1",
    meaning: "Cassandra contact points: one or several hosts",
    parse: hostList,
  }),
  cassandraPort: setting({
    flag: "cassandra-port",
    env: "CASSANDRA_PORT",
    default: "9042",
    meaning: "Port of the contact points named without one",
    parse: port,
  }),
  cassandraTls: setting({
    flag: "cassandra-tls",
    env: "CASSANDRA_TLS",
    default: "false",
    meaning: "Speak TLS to Cassandra; the certificate of each node must be trusted and for the right name",
    parse: boolean,
  }),
  cassandraCaFile: setting({
    flag: "cassandra-ca-file",
    env: "CASSANDRA_CA_FILE",
    default: "",
    meaning: "PEM file of CAs to trust besides the public ones",
    parse: certificateFile,
  }),
  cassandraCertFile: setting({
    flag: "cassandra-cert-file",
    env: "CASSANDRA_CERT_FILE",
    default: "",
    meaning: "PEM file of the client certificate and its chain, where the nodes want one",
    parse: certificateFile,
  }),
  cassandraKeyFile: setting({
    flag: "cassandra-key-file",
    env: "CASSANDRA_KEY_FILE",
    default: "",
    meaning: "PEM file of its private key",
    parse: keyFile,
  }),
  cassandraServerName: setting({
    flag: "cassandra-server-name",
    env: "CASSANDRA_SERVER_NAME",
    default: "",
    meaning:
      "Name that every node's certificate must have; when empty the contact point's where that is a single one, else the node's address",
    parse: optional(serverName),
  }),
  cassandraUser: setting({
    flag: "cassandra-user",
    env: "CASSANDRA_USER",
    default: "",
    meaning: "Cassandra login; none when empty",
    parse: anyText,
  }),
  cassandraPassword: setting({
    env: "CASSANDRA_PASSWORD",
    default: "",
    meaning: "Its password (environment only)",
    secret: true,
    parse: anyText,
  }),
  processorPassword: setting({
    env: "CASSANDRA_PROCESSOR_PASSWORD",
    default: "",
    meaning:
      "Password of the login processor, which reads and writes the tables; setup makes it unless empty",
    secret: true,
    parse: anyText,
  }),
  dashboardPassword: setting({
    env: "CASSANDRA_DASHBOARD_PASSWORD",
    default: "",
    meaning: "Password of the login dashboard, which reads the tables; setup makes it unless empty",
    secret: true,
    parse: anyText,
  }),
  grafanaPassword: setting({
    env: "CASSANDRA_GRAFANA_PASSWORD",
    default: "",
    meaning: "Password of the login grafana, which reads the tables; setup makes it unless empty",
    secret: true,
    parse: anyText,
  }),
  cassandraDatacenter: setting({
    flag: "cassandra-datacenter",
    env: "CASSANDRA_DATACENTER",
    default: "datacenter1",
    meaning: "Cassandra data centre that is local to this process",
    parse: textOf("a data centre's name", /^[A-Za-z0-9._-]+$/),
  }),
  cassandraKeyspace: setting({
    flag: "cassandra-keyspace",
    env: "CASSANDRA_KEYSPACE",
    default: "market",
    meaning: "Keyspace of the tables",
    parse: cqlName,
  }),
  cassandraReplication: setting({
    flag: "cassandra-replication",
    env: "CASSANDRA_REPLICATION",
    default: "1",
    meaning: "Replicas in the data centre; where a keyspace has fewer, setup makes them one after the other",
    parse: wholeNumber(1, 15),
  }),
  cassandraFlavour: setting({
    flag: "cassandra-flavour",
    env: "CASSANDRA_FLAVOUR",
    default: "auto",
    meaning:
      "What speaks Cassandra's protocol: cassandra, scylla, astra or keyspaces; auto finds it by the keyspaces that it has of its own",
    parse: oneOf("auto", "cassandra", "scylla", "astra", "keyspaces"),
  }),
  makeLogins: setting({
    flag: "make-logins",
    env: "CASSANDRA_MAKE_LOGINS",
    default: "true",
    meaning:
      "Whether setup makes logins with CASSANDRA_USER: a Cassandra that has only its factory login is taken over, and logins get as many replicas as rows; false where somebody else runs Cassandra",
    parse: boolean,
  }),
  cassandraVolumes: setting({
    flag: "cassandra-volumes",
    env: "CASSANDRA_VOLUMES",
    default: "",
    meaning:
      "Volume of each node, such as 0=a,1=b; when a node has another one, setup reads every row from all replicas",
    parse: textOf("a list such as 0=a,1=b", /^(\d+=[A-Za-z0-9.-]+(,\d+=[A-Za-z0-9.-]+)*)?$/, 4096),
  }),
  cassandraConsistency: setting({
    flag: "cassandra-consistency",
    env: "CASSANDRA_CONSISTENCY",
    default: "local-quorum",
    meaning: "Replicas that must answer each read and write: local-quorum, quorum, all or local-one",
    parse: oneOf("local-quorum", "quorum", "all", "local-one"),
  }),
  tradesTtl: setting({
    flag: "trades-ttl",
    env: "CASSANDRA_TRADES_TTL",
    default: "30d",
    meaning: "How long raw trades are kept; 0 for ever",
    parse: duration,
  }),
  windowsTtl: setting({
    flag: "windows-ttl",
    env: "CASSANDRA_WINDOWS_TTL",
    default: "365d",
    meaning: "How long candles and running averages are kept; 0 for ever",
    parse: duration,
  }),
};

/** What every role that speaks to Cassandra needs. */
export const CASSANDRA = [
  "cassandraHost",
  "cassandraPort",
  "cassandraTls",
  "cassandraCaFile",
  "cassandraCertFile",
  "cassandraKeyFile",
  "cassandraServerName",
  "cassandraUser",
  "cassandraPassword",
  "cassandraDatacenter",
  "cassandraKeyspace",
  "cassandraConsistency",
] as const satisfies (keyof typeof cassandraSettings)[];

export type CassandraSettings = Values<typeof cassandraSettings, typeof CASSANDRA[number]>;
