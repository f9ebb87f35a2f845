import type { Session } from "../../src/cassandra/session.ts";
import { readSettings } from "../../src/settings/read_settings.ts";
import { type SettingName, SETTINGS } from "../../src/settings/settings.ts";
import type { Endpoints } from "../services/mod.ts";
import { silent } from "../unit/processing/fakes.ts";

/** A session as the roles make theirs, with the default settings but for where and what. */
export async function ownSession(
  { cassandra: { hosts, port } }: Endpoints,
  keyspace: string | undefined,
): Promise<Session> {
  // Loaded here and not above: it cannot be loaded without permissions, as `deno test` runs without.
  const { cassandraSession } = await import("../../src/cassandra/session.ts");
  const names = Object.keys(SETTINGS) as SettingName[];
  const settings = readSettings(names, { flags: {}, env: () => undefined, role: "setup" });
  return cassandraSession({ ...settings, cassandraHost: hosts, cassandraPort: port }, keyspace, silent);
}
