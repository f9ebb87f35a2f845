import { cassandraCheck } from "../cassandra/doctor/check.ts";
import { cassandraErrorText, cassandraSession, cassandraSettingFault } from "../cassandra/session.ts";
import type { CassandraSettings } from "../settings/cassandra.ts";
import type { RoleContext } from "../command/role.ts";
import { folderCheck } from "../embedded/check.ts";
import { examine, findingLines } from "../doctor/examine.ts";
import type { Check } from "../doctor/finding.ts";
import { finnhubAccess } from "../finnhub/access.ts";
import { feedCheck } from "../finnhub/check.ts";
import { kafkaCheck } from "../kafka/doctor/check.ts";
import { kafkaClient, kafkaSettingFault } from "../kafka/client.ts";
import type { KafkaSettings } from "../settings/kafka.ts";
import { registryCheck } from "../registry/check.ts";
import type { FinnhubSettings } from "../settings/finnhub.ts";
import { SettingError } from "../settings/read_settings.ts";
import type { SettingName } from "../settings/settings.ts";
import { type CheckName, usualChecks } from "../settings/doctor.ts";
import { createLogger, errorText, redactor } from "../telemetry/log.ts";
import { openRegistry } from "../registry/open_registry.ts";
import type { RegistrySettings } from "../settings/registry.ts";

type Used =
  | keyof KafkaSettings
  | keyof CassandraSettings
  | keyof RegistrySettings
  | keyof FinnhubSettings
  | Extract<
    SettingName,
    | "finnhubWsUrl"
    | "tickers"
    | "kafkaTopic"
    | "kafkaGroup"
    | "kafkaReplication"
    | "sessionTimeout"
    | "cassandraReplication"
    | "kubeconfig"
    | "kubeContext"
    | "operatorNamespace"
    | "checks"
    | "data"
    | "connectFeed"
    | "json"
  >;

/** How often a client repeats by itself what fails: who waits for an answer rather hears of it. */
const RETRIES = 1;

/** Looks at each part of the pipeline from here, and says what is wrong and how to mend it; exit code 1 if anything failed. */
export async function run({ log, print, settings, signal }: RoleContext<Used>): Promise<number> {
  const redact = redactor([
    settings.finnhubApiToken,
    settings.kafkaPassword,
    settings.registryPassword,
    settings.cassandraPassword,
  ]);
  const names = settings.checks ?? usualChecks(settings.data);
  const checks = await Promise.all(names.map((name) => checkOf(name, settings)));
  const text = (error: unknown) =>
    redact(error instanceof Error ? cassandraErrorText(error) : errorText(error));
  const findings = await examine(checks, text, {
    found: (finding) => {
      if (!settings.json) findingLines(finding).forEach(print);
    },
    waiting: (check) => log.info("still waiting for an answer", { check }),
  }, signal);
  if (settings.json) print(JSON.stringify(findings, null, 2));
  return findings.some(({ state }) => state === "failed") ? 1 : 0;
}

/** The clients' own warnings would appear between the findings, which say the same. */
const quiet = createLogger({ level: "error", format: "json", write: () => {}, now: Date.now });

async function checkOf(name: CheckName, settings: RoleContext<Used>["settings"]): Promise<Check> {
  switch (name) {
    case "feed":
      return feedCheck({
        ...finnhubAccess(settings),
        wsUrl: settings.finnhubWsUrl,
        symbols: settings.tickers,
        connect: settings.connectFeed,
        random: Math.random,
        now: Date.now,
      });
    case "kafka":
      return kafkaCheck({
        kafka: kafkaClient(settings, "doctor", quiet, RETRIES),
        topic: settings.kafkaTopic,
        groupId: settings.kafkaGroup,
        ours: { replication: settings.kafkaReplication, sessionTimeoutMs: settings.sessionTimeout },
        now: Date.now,
        explain: (error) => kafkaSettingFault(error, settings),
      });
    case "registry":
      return registryCheck({
        registry: openRegistry(settings),
        topic: settings.kafkaTopic,
        clock: () => performance.now(),
      });
    case "cassandra":
      return cassandraCheck({
        session: cassandraSession(settings, undefined, quiet),
        keyspace: settings.cassandraKeyspace,
        ours: {
          datacenter: settings.cassandraDatacenter,
          replication: settings.cassandraReplication,
        },
        explain: (error) => cassandraSettingFault(error, settings),
        now: Date.now,
      });
    case "data":
      if (settings.data === undefined) {
        throw new SettingError("--checks data needs --data, such as --data market");
      }
      return folderCheck({ folder: settings.data, now: Date.now });
    case "cluster": {
      // Loaded only when it is needed: its library is large.
      const { clusterCheck } = await import("../kubernetes/check.ts");
      return clusterCheck({
        kubeconfig: settings.kubeconfig,
        context: settings.kubeContext,
        namespace: settings.operatorNamespace,
        log: quiet,
      });
    }
  }
}
