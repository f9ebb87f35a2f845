import { connectToKeyspace } from "../cassandra/keyspace.ts";
import { lastExpiration, ttlFault } from "../cassandra/expiration.ts";
import { CopiesError, raiseCopies } from "../cassandra/copies.ts";
import { claimCassandra, makeLogins } from "../cassandra/logins.ts";
import { findFlavour, type Flavour, traitsOf } from "../cassandra/flavours/flavour.ts";
import { applyTtl, createKeyspace, KeyspaceError, migrate, recordSeries } from "../cassandra/migrations.ts";
import {
  cassandraErrorText,
  cassandraSession,
  cassandraSettingFault,
  type Session,
} from "../cassandra/session.ts";
import { type CandleSettings, candlesOfSettings } from "../settings/candles.ts";
import type { CassandraSettings } from "../settings/cassandra.ts";
import { missingRights as missingCassandraRights } from "../cassandra/rights/missing.ts";
import { withSetupLock } from "../cassandra/setup_lock.ts";
import { fillReplaced } from "../cassandra/volumes.ts";
import type { RoleContext } from "../command/role.ts";
import { kafkaClient, kafkaSettingFault } from "../kafka/client.ts";
import { missingRights as missingKafkaRights } from "../kafka/rights/missing.ts";
import { topicId } from "../kafka/topics/topic_id.ts";
import type { Admin } from "../kafka/topics/topics.ts";
import type { KafkaSettings } from "../settings/kafka.ts";
import type { SettingName } from "../settings/settings.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { delay, settledWithin, untilAborted } from "../async/wait.ts";
import { SetupError } from "./setup/error.ts";
import { scriptOf } from "./setup/script.ts";
import { setUpTopics, topicWishes } from "./setup/topics.ts";

type Used =
  | keyof CandleSettings
  | keyof KafkaSettings
  | keyof CassandraSettings
  | Extract<
    SettingName,
    | "kafkaTopic"
    | "kafkaGroup"
    | "kafkaPartitions"
    | "kafkaReplication"
    | "kafkaRetention"
    | "raisePartitions"
    | "cassandraFlavour"
    | "cassandraReplication"
    | "cassandraVolumes"
    | "makeLogins"
    | "processorPassword"
    | "dashboardPassword"
    | "grafanaPassword"
    | "tradesTtl"
    | "windowsTtl"
    | "setupWait"
    | "printSetup"
  >;
type Context = RoleContext<Used>;

/** Makes what the other roles need, says what it did, and ends. */
export async function run(context: Context): Promise<number> {
  const { log, print, settings, signal } = context;
  if (settings.printSetup) {
    scriptOf(settings).forEach(print);
    return 0;
  }
  const kafka = kafkaClient(settings, "setup", log.with({ client: "kafka" }));
  const admin = kafka.admin();
  const bare = cassandraSession(settings, undefined, log);
  const claim = ownsLogins(settings) ? () => claimCassandra(settings, log) : undefined;
  let session: Session | undefined;
  try {
    const reached = Promise.all([
      waitFor({
        name: "Kafka",
        setting: "KAFKA_SERVER and KAFKA_PORT",
        connect: async () => {
          await kafkaAnswers(settings, log);
          await admin.connect();
        },
        text: errorText,
        fault: (error) => kafkaSettingFault(error, settings),
      }, context),
      waitFor({
        name: "Cassandra",
        setting: "CASSANDRA_HOST and CASSANDRA_PORT",
        connect: async () => {
          if (await claim?.()) print(`login ${settings.cassandraUser}: made, and the factory login disabled`);
          await bare.connect();
        },
        text: cassandraErrorText,
        fault: (error) => cassandraSettingFault(error, settings),
      }, context),
    ]);
    await untilAborted(reached, signal);
    await checkRights(admin, bare, settings);
    await checkTtl(bare, context);
    const { cassandraDatacenter, cassandraKeyspace, cassandraReplication } = settings;
    const flavour = settings.cassandraFlavour === "auto"
      ? await findFlavour(bare)
      : settings.cassandraFlavour;
    if (flavour !== "cassandra") print(`store: ${traitsOf(flavour).name}`);
    const made = await createKeyspace(
      bare,
      cassandraKeyspace,
      cassandraDatacenter,
      cassandraReplication,
      flavour,
    ).catch((error) => {
      throw error instanceof KeyspaceError ? new SetupError(error.message) : error;
    });
    print(`keyspace ${cassandraKeyspace}: ${made ? `made, ${cassandraReplication} replica(s)` : "present"}`);
    const keyspace = session = await connectToKeyspace(
      () => cassandraSession(settings, cassandraKeyspace, log),
      signal,
    );
    const waiting = () => print("another setup is at work, waiting for it");
    await withSetupLock(keyspace, waiting, { flavour, signal }, async () => {
      await setUpTables(keyspace, flavour, context);
      if (traitsOf(flavour).runByUs) {
        await setUpCopies(keyspace, context);
        await setUpLogins(keyspace, context);
      }
      await setUpTopics({
        admin,
        session: keyspace,
        topicId: () => topicId(kafka, settings.kafkaTopic),
      }, context);
    });
    print("setup is complete");
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new SetupError(
      "stopped before it was complete; what was made stays, and another run goes on from there",
    );
  } finally {
    const closing = Promise.all([session?.shutdown(), bare.shutdown(), admin.disconnect()]);
    // Servers that are away never answer a goodbye.
    await (signal.aborted ? settledWithin(closing.catch(() => {}), 1000) : closing);
  }
}

/** Whether the logins of this Cassandra are ours to make. */
const ownsLogins = ({ cassandraUser, makeLogins }: Context["settings"]) => cassandraUser !== "" && makeLogins;

/** Refuses to begin with what could not be ended, and says all that is lacking at once. */
async function checkRights(
  admin: Admin,
  session: Session,
  settings: Context["settings"],
): Promise<void> {
  const { cassandraKeyspace, cassandraUser, kafkaUser } = settings;
  const [ofKafka, ofCassandra] = [
    await missingKafkaRights(admin, topicWishes(settings)),
    cassandraUser === "" ? [] : await missingCassandraRights(session, cassandraKeyspace, cassandraUser),
  ];
  const lacks = [
    ...(ofKafka.length > 0 ? [`Kafka's login ${kafkaUser || "(none)"} lacks ${ofKafka.join(" and ")}`] : []),
    ...(ofCassandra.length > 0
      ? [`Cassandra's login ${cassandraUser} lacks ${ofCassandra.join(" and ")}`]
      : []),
  ];
  if (lacks.length === 0) return;
  throw new SetupError(
    `${
      lacks.join("; ")
    }: grant that, or let an administrator run what finnhub-pipe setup --print prints, and then run ` +
      "setup again",
  );
}

/** Refuses a time to live by which every write would be refused. */
async function checkTtl(session: Session, { print, settings }: Context): Promise<void> {
  const last = await lastExpiration(session);
  for (
    const [name, ttl] of [
      ["CASSANDRA_TRADES_TTL", settings.tradesTtl],
      ["CASSANDRA_WINDOWS_TTL", settings.windowsTtl],
    ] as const
  ) {
    const fault = ttlFault(Math.round(ttl / 1000), Date.now(), last);
    if (!fault) continue;
    const text = `${name}: ${fault.says}; ${fault.remedy}`;
    if (fault.now) throw new SetupError(text);
    print(text);
  }
}

async function setUpTables(session: Session, flavour: Flavour, context: Context): Promise<void> {
  const { print, settings, signal } = context;
  const applied = await migrate(session, { flavour, signal });
  print(`tables: ${applied.length === 0 ? "present" : `applied ${applied.join(", ")}`}`);
  const { bars, series } = candlesOfSettings(settings);
  const added = await recordSeries(session, [...series, ...bars], Date.now());
  if (added.length > 0) {
    print(
      `series: ${
        added.join(", ")
      } from now on; for what is older run finnhub-pipe backfill --repair with the same CANDLES and BARS`,
    );
  }
  const changed = await applyTtl(session, settings.cassandraKeyspace, settings, { flavour, signal });
  changed.forEach(print);
}

/** Keeps rows on as many nodes as wanted, and logins too: with the factory's one copy, one lost node locks everyone out. */
async function setUpCopies(session: Session, { print, settings, signal }: Context): Promise<void> {
  const { cassandraDatacenter: datacenter, cassandraKeyspace, cassandraReplication: copies } = settings;
  const keyspaces = [...(ownsLogins(settings) ? ["system_auth"] : []), cassandraKeyspace];
  const options = { session, print, patience: settings.setupWait, signal };
  try {
    for (const keyspace of keyspaces) await raiseCopies({ keyspace, datacenter, copies }, options);
    await fillReplaced(settings.cassandraVolumes, { datacenter, keyspaces }, options);
  } catch (error) {
    if (error instanceof CopiesError) throw new SetupError(error.message);
    throw error;
  }
}

async function setUpLogins(session: Session, { log, print, settings }: Context): Promise<void> {
  if (!ownsLogins(settings)) return;
  const made = await makeLogins(session, settings, [
    { name: "processor", password: settings.processorPassword, rights: ["SELECT", "MODIFY"] },
    { name: "dashboard", password: settings.dashboardPassword, rights: ["SELECT"] },
    { name: "grafana", password: settings.grafanaPassword, rights: ["SELECT"] },
  ], log);
  for (const name of made) print(`login ${name}: made`);
}

/** Asks once for something that needs a valid login; the caller repeats it, and says why it waits. */
async function kafkaAnswers(settings: KafkaSettings, log: Logger): Promise<void> {
  const admin = kafkaClient(settings, "setup", { ...log, warn: log.debug }, 0).admin();
  try {
    await admin.connect();
    await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

/** What is waited for. */
interface Awaited {
  name: string;
  /** The settings that say where it is. */
  setting: string;
  connect(): Promise<void>;
  text(error: unknown): string;
  /** Which setting is wrong, with its remedy. */
  fault(error: unknown): Promise<string | undefined>;
}

/** Tries until it works, telling every few seconds what is waited for and why. */
async function waitFor(
  { connect, fault, name, setting, text }: Awaited,
  { print, settings: { setupWait }, signal }: Context,
): Promise<void> {
  const start = performance.now();
  const seconds = () => Math.round((performance.now() - start) / 1000);
  let told = 0;
  for (;;) {
    try {
      await connect();
      return print(`${name}: reached after ${seconds()} s`);
    } catch (error) {
      signal.throwIfAborted();
      const known = await fault(error);
      if (performance.now() - start >= setupWait) {
        const late = `${name} was not reached within ${setupWait / 1000} s`;
        throw new SetupError(
          known === undefined
            ? `${late} (${text(error)}); check ${setting}, or wait longer with --wait`
            : `${late}: ${known}`,
        );
      }
      if (told === 0 || seconds() - told >= 5) {
        told = Math.max(1, seconds());
        print(`${name}: not there yet, ${seconds()} s (${known ?? text(error)})`);
      }
      await delay(500, signal);
    }
  }
}
