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
      const key = `${folder}/key.pem`;
      const pair = await runCommand("openssl", ["genpkey", "-algorithm", "ed25519", "-out", key], 20_000);
      assert(pair.success, pair.output);
      const made = await runCommand("make", ["-C", folder, "release", `RELEASE_KEY=${key}`], 300_000);
      assert(made.success, made.output);
      assertEquals(await sha256(`${folder}/finnhub-pipe`), await sha256(binary()));

      const files = [...Deno.readDirSync(`${folder}/release`)].map(({ name }) => name);
      const sums = await Deno.readTextFile(
        `${folder}/release/${files.find((name) => /^SHA256SUMS.*[^g]$/.test(name))}`,
      );
      for (const line of sums.trimEnd().split("\n")) {
        const [sum, name] = line.split("  ");
        assertEquals(await sha256(`${folder}/release/${name}`), sum);
      }
      const sumsFile = `${folder}/release/${files.find((name) => /^SHA256SUMS.*[^g]$/.test(name))}`;
      await Deno.writeFile(
        `${folder}/sig`,
        Uint8Array.fromBase64((await Deno.readTextFile(`${sumsFile}.sig`)).trim()),
      );
      const verify = [
        "pkeyutl",
        "-verify",
        "-rawin",
        "-inkey",
        key,
        "-sigfile",
        `${folder}/sig`,
        "-in",
        sumsFile,
      ];
      const verified = await runCommand("openssl", verify, 20_000);
      assert(verified.success, verified.output);
      const statement = JSON.parse(
        await Deno.readTextFile(`${folder}/release/${files.find((name) => name.endsWith(".intoto.json"))}`),
      ) as { subject: { name: string; digest: { sha256: string } }[] };
      assertEquals(statement.subject.length, 2);
      for (const { digest, name } of statement.subject) {
        assertEquals(await sha256(`${folder}/release/${name}`), digest.sha256);
      }
      const bill = files.find((name) => name.endsWith(".cdx.json"));
      const { components } = JSON.parse(await Deno.readTextFile(`${folder}/release/${bill}`)) as {
        components: { name: string; licenses?: unknown[] }[];
      };
      for (const { licenses, name } of components) assert(licenses?.length === 1, `${name} has no licence`);
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
