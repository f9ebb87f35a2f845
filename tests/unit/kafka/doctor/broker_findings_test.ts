import { assertEquals } from "@std/assert";
import type { Admin } from "kafkajs";
import { brokerFindings } from "../../../../src/kafka/doctor/broker_findings.ts";

const admin = (describeConfigs: () => Promise<unknown>) => ({ describeConfigs }) as unknown as Admin;
const taking = (shortest: string, longest: string) =>
  admin(() =>
    Promise.resolve({
      resources: [{
        configEntries: [
          { configName: "group.min.session.timeout.ms", configValue: shortest },
          { configName: "group.max.session.timeout.ms", configValue: longest },
        ],
      }],
    })
  );
const BROKERS = [{ nodeId: 1 }];

Deno.test("a session timeout and a number of replicas that brokers refuse are told with the setting", async () => {
  const find = async (brokers: Admin, replication: number, sessionTimeoutMs: number) => {
    const findings = await brokerFindings(brokers, BROKERS, { replication, sessionTimeoutMs });
    return findings.map(({ says, state }) => `${state}: ${says}`);
  };
  const usual = taking("6000", "1800000");
  assertEquals(await find(usual, 1, 10_000), []);
  assertEquals(await find(usual, 1, 5999), [
    "failed: PROCESSOR_SESSION_TIMEOUT is 5.999 s; the brokers take 6 s to 1800 s",
  ]);
  assertEquals((await find(usual, 1, 1_800_001)).length, 1);
  assertEquals(await find(usual, 3, 10_000), [
    "warning: KAFKA_REPLICATION is 3, and there are 1 broker(s)",
  ]);
});

Deno.test("without the right to look at brokers nothing is said of them", async () => {
  const refused = admin(() => Promise.reject(Object.assign(new Error("no"), { code: 31 })));
  assertEquals(await brokerFindings(refused, BROKERS, { replication: 1, sessionTimeoutMs: 1 }), []);
});
