import { topicConfig, type TopicWish } from "../topics/topics.ts";

/** What an administrator is to make, and for whom. */
export interface TopicsScript {
  /** `host:port` of the brokers. */
  servers: readonly string[];
  topics: readonly TopicWish[];
  group: string;
  /** The login that is to use the topics; empty where none is asked for. */
  user: string;
}

/** How the groups of live pages begin. */
export const PAGE_GROUPS = "finnhub-pipe-dashboard-";

/** As one word of a shell. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * The commands by which an administrator makes what `setup` would, and lets a login use it, with Kafka's own programs: one a line.
 * The variable ADMIN of the shell is what logs the administrator in.
 */
export function topicsScript({ group, servers, topics, user }: TopicsScript): string[] {
  const at = `--bootstrap-server ${quoted(servers.join(","))} $ADMIN`;
  const made = topics.map((wish) => {
    const { partitions, replication, topic } = wish;
    const config = topicConfig(wish).map(({ name, value }) => `--config ${name}=${value}`).join(" ");
    return `kafka-topics.sh ${at} --create --if-not-exists --topic ${quoted(topic)} ` +
      `--partitions ${partitions} --replication-factor ${replication} ${config}`;
  });
  if (user === "") return made;
  const allow = `kafka-acls.sh ${at} --add --allow-principal ${quoted(`User:${user}`)}`;
  return [
    ...made,
    ...topics.map(({ topic }) =>
      `${allow} --operation Read --operation Write --operation DescribeConfigs --topic ${quoted(topic)}`
    ),
    `${allow} --operation Read --group ${quoted(group)}`,
    `${allow} --operation Read --group ${PAGE_GROUPS} --resource-pattern-type prefixed`,
  ];
}
