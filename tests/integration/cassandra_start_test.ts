import { assertEquals } from "@std/assert";
import script from "../../manifests/cassandra/start.sh" with { type: "text" };
import yaml from "../../manifests/cassandra/cassandra.yaml" with { type: "text" };
import { integrationTest } from "../needs.ts";
import { runCommand } from "../services/run_command.ts";

interface Start {
  node: number;
  members: string;
  /** Whether the volume has a node's tables. */
  data: boolean;
}

/** Whom a node asks for the ring, and whose place it takes, by what start.sh gives to Cassandra. */
async function started({ data, members, node }: Start): Promise<{ seeds: string[]; replaces: string }> {
  const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-start-" });
  try {
    await Deno.writeTextFile(`${folder}/cassandra.yaml`, yaml);
    await Deno.mkdir(`${folder}/ring`);
    if (members !== "") await Deno.writeTextFile(`${folder}/ring/members`, members);
    const table = `${folder}/volume/data/system/local-7ad54392bcdd35a684174e047860b377`;
    await Deno.mkdir(data ? table : `${folder}/volume`, { recursive: true });
    if (data) await Deno.writeTextFile(`${table}/oa-1-big-Data.db`, "");
    const here = script
      .replaceAll("/etc/cassandra-ring", `${folder}/ring`)
      .replaceAll("/var/lib/cassandra", `${folder}/volume`)
      .replaceAll("/etc/cassandra-config", folder)
      .replaceAll("/tmp/cassandra.yaml", `${folder}/out.yaml`)
      .replace("while sleep 60", "while false");
    const print = 'echo "flags=$JVM_EXTRA_OPTS"';
    const arguments_ = ["-c", `HOSTNAME=cassandra-${node}\n${here}`, "", "bash", "-c", print];
    const { output, success } = await runCommand("bash", arguments_, 10_000);
    if (!success) throw new Error(output);
    const [, seeds = ""] = /seeds: (.*)/.exec(await Deno.readTextFile(`${folder}/out.yaml`)) ?? [];
    const [, replaces = ""] = /replace_address_first_boot=(\S+)/.exec(output) ?? [];
    assertEquals(/reset_bootstrap_progress=true/.test(output), true, output);
    return { seeds: seeds.replaceAll(".cassandra-headless", "").split(","), replaces };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

integrationTest(
  "a node frees the rows that are others' once for each ring, and again when that failed",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-clean-" });
    try {
      await Deno.mkdir(`${folder}/bin`);
      await Deno.writeTextFile(`${folder}/cassandra.yaml`, yaml);
      // It fails at first, as while another node is away.
      const nodetool = `#!/bin/bash\necho "$@" >>${folder}/calls\n[ "$(wc -l <${folder}/calls)" -gt 1 ]\n`;
      await Deno.writeTextFile(`${folder}/bin/nodetool`, nodetool, { mode: 0o755 });
      const here = script
        .replaceAll("/etc/cassandra-ring", folder)
        .replaceAll("/var/lib/cassandra", folder)
        .replaceAll("/etc/cassandra-config", folder)
        .replaceAll("/tmp/cassandra.yaml", `${folder}/out.yaml`)
        .replace("sleep 60", "sleep 0.05");
      // The calls of each ring, and the one after which none is to come.
      const steps = `PATH=${folder}/bin:$PATH
      calls() { wc -l <${folder}/calls 2>/dev/null || echo 0; }
      await() { until [ "$(cat ${folder}/cleaned 2>/dev/null)" = "$1" ]; do sleep 0.05; done; }
      sleep 0.3; echo "before: $(calls)"
      echo "4 nodes" >${folder}/grown; await "4 nodes"; sleep 0.3; echo "four: $(calls)"
      echo "5 nodes" >${folder}/grown; await "5 nodes"; sleep 0.3; echo "five: $(calls)"
      kill %1 2>/dev/null; pkill -P $$; exit 0`;
      const arguments_ = [
        "-c",
        `export PATH=${folder}/bin:$PATH HOSTNAME=cassandra-0\n${here}`,
        "",
        "bash",
        "-c",
        steps,
      ];
      const { output } = await runCommand("bash", arguments_, 20_000);
      assertEquals(output.match(/^(before|four|five): \d+$/gm), ["before: 0", "four: 2", "five: 3"], output);
      assertEquals((await Deno.readTextFile(`${folder}/calls`)).split("\n")[0], "cleanup -j 1");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

const ALL = "cassandra-0 10.0.0.5\ncassandra-1 10.0.0.6\ncassandra-10 10.0.0.7\n";
const names = ["cassandra-0", "cassandra-1", "cassandra-10"];

integrationTest("a Cassandra node asks those that have joined, and never itself before it has", async () => {
  const nobody = { members: "", data: false };
  assertEquals(await started({ node: 0, ...nobody }), { seeds: ["cassandra-0"], replaces: "" });
  assertEquals(await started({ node: 1, ...nobody }), { seeds: ["cassandra-0"], replaces: "" });
  const first = { members: "cassandra-0 10.0.0.5\n" };
  for (const data of [false, true]) {
    // With data: it was stopped while it joined.
    assertEquals(await started({ node: 1, data, ...first }), { seeds: ["cassandra-0"], replaces: "" });
  }
});

integrationTest(
  "a Cassandra node that has joined may be the first to start after an outage of all",
  async () => {
    for (const node of [0, 1, 10]) {
      assertEquals(await started({ node, data: true, members: ALL }), { seeds: names, replaces: "" });
    }
  },
);

integrationTest("a Cassandra node that lost its volume takes the place of its former self", async () => {
  const replaced = { 0: "10.0.0.5", 1: "10.0.0.6", 10: "10.0.0.7" };
  for (const [node, replaces] of Object.entries(replaced)) {
    const seeds = names.filter((name) => name !== `cassandra-${node}`);
    assertEquals(await started({ node: Number(node), data: false, members: ALL }), { seeds, replaces });
  }
});

integrationTest(
  "a lone Cassandra node that lost its volume begins anew: nobody else has its rows",
  async () => {
    const start = { node: 0, data: false, members: "cassandra-0 10.0.0.5\n" };
    assertEquals(await started(start), { seeds: ["cassandra-0"], replaces: "" });
  },
);
