import { assert, assertEquals } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { runCommand } from "../services/run_command.ts";
import { binary } from "./role.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const SOURCES = [
  "deno.json",
  "deno.lock",
  "main.ts",
  "Makefile",
  ".ci",
  "src",
  "schemas",
  "manifests",
  "grafana",
];

async function sha256(file: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(file));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

integrationTest(
  "the same sources in another folder make the same executable, with checksums and contents listed",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const copied = await runCommand(
        "cp",
        ["-r", ...SOURCES.map((name) => `${ROOT}/${name}`), folder],
        60_000,
      );
      assert(copied.success, copied.output);
      const made = await runCommand("make", ["-C", folder, "release"], 300_000);
      assert(made.success, made.output);
      assertEquals(await sha256(`${folder}/finnhub-pipe`), await sha256(binary()));

      const files = [...Deno.readDirSync(`${folder}/release`)].map(({ name }) => name);
      const sums = await Deno.readTextFile(
        `${folder}/release/${files.find((name) => name.startsWith("SHA256SUMS"))}`,
      );
      for (const line of sums.trimEnd().split("\n")) {
        const [sum, name] = line.split("  ");
        assertEquals(await sha256(`${folder}/release/${name}`), sum);
      }
      const bill = files.find((name) => name.endsWith(".cdx.json"));
      const { components } = JSON.parse(await Deno.readTextFile(`${folder}/release/${bill}`)) as {
        components: { name: string }[];
      };
      const names = components.map(({ name }) => name);
      for (const name of ["deno", "kafkajs", "avsc", "cassandra-driver", "hono", "@kubernetes/client-node"]) {
        assert(names.includes(name), name);
      }
      assert(!names.includes("playwright-core"), "what only tests need is not in the executable");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
