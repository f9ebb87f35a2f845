import { assertEquals } from "@std/assert";
import script from "../../manifests/kafka/caught-up.sh" with { type: "text" };
import { integrationTest } from "../needs.ts";
import { runCommand } from "../services/run_command.ts";

/** As Kafka 3.9.2 prints them. */
const line = (topic: string, leader: string, replicas: string, isr: string) =>
  `\tTopic: ${topic}\tPartition: 0\tLeader: ${leader}\tReplicas: ${replicas}\tIsr: ${isr}\tElr: N/A\tLastKnownElr: N/A\n`;

/** Whether a broker counts as caught up while `kafka-topics.sh` prints these partitions. */
async function isCaughtUp(broker: number, partitions: string): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-caught-up-" });
  try {
    await Deno.writeTextFile(`${folder}/partitions`, partitions);
    const here = script
      .replaceAll(". /etc/kafka-config/ready.sh", "true")
      .replaceAll("/opt/kafka/bin/kafka-topics.sh", `cat ${folder}/partitions #`)
      .replaceAll(/ #(.*)\) \|\| exit 1/g, ") || exit 1");
    return (await runCommand("bash", ["-c", `HOSTNAME=kafka-${broker}\n${here}`], 10_000)).success;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

integrationTest(
  "a broker has caught up when it is in sync for every partition that somebody leads",
  async () => {
    const cases: [broker: number, partitions: string, wanted: boolean][] = [
      [2, "", true],
      [2, line("all", "3", "1,2,3", "3"), false],
      [2, line("all", "3", "1,2,3", "3,2"), true],
      [2, line("others", "3", "1,3", "3"), true],
      [2, line("many", "1", "1,12", "1"), true],
      [12, line("many", "1", "1,12", "1"), false],
      // Its last leader is away: nobody can catch up with it, and this broker must start all the same.
      [2, line("pair", "none", "1,2", "1"), true],
      [2, line("pair", "none", "1,2", "1") + line("all", "3", "1,2,3", "3"), false],
      [2, line("pair", "none", "1,2", "1") + line("all", "3", "1,2,3", "3,2"), true],
    ];
    for (const [broker, partitions, wanted] of cases) {
      assertEquals(await isCaughtUp(broker, partitions), wanted, `kafka-${broker}: ${partitions}`);
    }
  },
);
