import { assertEquals, assertThrows } from "@std/assert";
import { bundledPackages, cycloneDx, otherParts } from "../../../.ci/sbom.ts";

const LOCK = JSON.stringify({
  npm: {
    "@scope/name@1.2.0_peer@2.0.0": { integrity: "sha512-AAE=" },
    "plain@3.0.1": { integrity: "sha512-/w==" },
    "unused@1.0.0": { integrity: "sha512-AA==" },
  },
});
const FILE = (folder: string, name: string) =>
  `// node_modules/.deno/${folder}/node_modules/${name}/index.js\nvar a;\n`;

Deno.test("the bill of materials has each package of the bundle once, with its hash, and no other", () => {
  const bundle = FILE("plain@3.0.1", "plain") + FILE("@scope+name@1.2.0_peer@2.0.0", "@scope/name") +
    FILE("plain@3.0.1", "plain") + "// src/main.ts\n";
  const packages = bundledPackages(bundle, LOCK);
  assertEquals(packages, [
    { name: "@scope/name", version: "1.2.0", integrity: "sha512-AAE=" },
    { name: "plain", version: "3.0.1", integrity: "sha512-/w==" },
  ]);
  const { components } = cycloneDx("1.0.0", packages) as {
    components: { purl: string; hashes: { content: string }[] }[];
  };
  assertEquals(components.map(({ hashes: [hash], purl }) => [purl, hash!.content]), [
    ["pkg:npm/%40scope/name@1.2.0", "0001"],
    ["pkg:npm/plain@3.0.1", "ff"],
  ]);
  assertThrows(() => bundledPackages(FILE("other@1.0.0", "other"), LOCK), RangeError, "other@1.0.0");
});

Deno.test("the library that is kept in the repository names its version itself", () => {
  const [, charts] = otherParts("2.6.10", "/* Lightweight Charts™ v5.2.1\n */");
  assertEquals([charts!.name, charts!.version], ["lightweight-charts", "5.2.1"]);
  assertThrows(() => otherParts("2.6.10", "something else"), RangeError);
});
