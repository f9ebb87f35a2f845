import { assert, assertEquals } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { runCommand } from "../services/run_command.ts";

const PROBE = new URL("../../manifests/cassandra/ready-tls.sh", import.meta.url).pathname;
/** Longest time that a kubelet gives the probe, milliseconds. */
const TIMEOUT = 5_000;
const SUPPORTED = String.raw`printf '\x84\x00\x00\x00\x06\x00\x00\x00\x00'`;

/** Runs the probe with another openssl, which answers so and takes its time to end. */
async function probe(answer: string): Promise<{ success: boolean; outlived: boolean }> {
  const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-probe-" });
  const openssl = `#!/bin/bash
trap 'sleep 0.3; touch ${folder}/ended; exit' TERM
${answer}
while :; do sleep 0.05; done
`;
  try {
    await Deno.writeTextFile(`${folder}/openssl`, openssl, { mode: 0o755 });
    const env = { PATH: `${folder}:${Deno.env.get("PATH")}`, HOSTNAME: "127.0.0.1" };
    const { success } = await runCommand("bash", [PROBE], TIMEOUT, { env });
    const ended = await Deno.stat(`${folder}/ended`).then(() => true, () => false);
    return { success, outlived: !ended };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

integrationTest("Cassandra's probe by TLS leaves no process behind when the node answers", async () => {
  assertEquals(await probe(SUPPORTED), { success: true, outlived: false });
});

integrationTest("… nor when it does not, and gives up before it is killed", async () => {
  const started = performance.now();
  assertEquals(await probe(""), { success: false, outlived: false });
  assert(performance.now() - started < TIMEOUT);
});
