import { assert, assertEquals } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { runCommand } from "../services/run_command.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/**
 * SHA-256 of Deno's standard library as its own repository has it: of the minified bundle that Deno 2.6.10 makes of these modules of
 * denoland/std at commit 99cc1a307, release 2026.07.30, with `deno bundle --no-config --minify --import-map FILE MODULE.ts`, where
 * FILE leads `@std/internal/NAME` to `internal/NAME.ts`.
 */
const STANDARD: Record<string, string> = {
  "@std/cli/parse-args": "81af6c3373a66bc6fd6ad0e11c2d4773b9b9db082c439a682517f67b1d25fd0d",
  "@std/assert": "b953dfbf9ebb838762c9346e2af655d5fee2c4494815315350326760bcb51f25",
  "@std/text/levenshtein-distance": "e1bf6b7db2d315957fcb21361de2a858ab93d5eff8a60102dc61ddb3faba4461",
  "@std/yaml": "55b38e0bef18c5cfdbe4f8edc9cf47a96b6d2bc14067b269cf1dc875f875b856",
};

integrationTest(
  "the package that stands for Deno's standard library is that library, to the byte",
  async () => {
    const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)) as {
      imports: Record<string, string>;
    };
    assertEquals(
      Object.keys(imports).filter((name) => name.startsWith("@std/")).sort(),
      Object.keys(STANDARD).sort(),
    );
    const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-std-" });
    try {
      for (const [name, sum] of Object.entries(STANDARD)) {
        const [, id, path] = /^npm:(deno-std@[^/]+)\/(.+)$/.exec(imports[name]!)!;
        await Deno.writeTextFile(
          `${folder}/deno.json`,
          `{"nodeModulesDir":"auto","imports":{"std/":"npm:/${id}/"}}`,
        );
        const install = await runCommand(`${ROOT}.ci/deno.sh`, ["install", "--quiet", `npm:${id}`], 120_000, {
          cwd: folder,
        });
        assert(install.success, install.output);
        const module = `${folder}/node_modules/deno-std/${path}`;
        const bundle = [
          "bundle",
          "--quiet",
          "--no-config",
          "--no-lock",
          "--minify",
          "-o",
          `${folder}/out.js`,
          module,
        ];
        const made = await runCommand(`${ROOT}.ci/deno.sh`, bundle, 120_000, { cwd: folder });
        assert(made.success, made.output);
        const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(`${folder}/out.js`));
        assertEquals(new Uint8Array(digest).toHex(), sum, name);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
