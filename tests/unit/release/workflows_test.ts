import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import ci from "../../../.github/workflows/ci.yml" with { type: "text" };
import release from "../../../.github/workflows/release.yml" with { type: "text" };
import denoScript from "../../../.ci/deno.sh" with { type: "text" };
import dockerfile from "../../../Dockerfile" with { type: "text" };
import makefile from "../../../Makefile" with { type: "text" };

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, { steps?: { run?: string; uses?: string; with?: Record<string, unknown> }[] }>;
}

const workflows = [ci, release].map((text) => parse(text) as Workflow);
const steps = workflows.flatMap(({ jobs }) => Object.values(jobs)).flatMap(({ steps = [] }) => steps);

Deno.test("workflows call make targets that there are, and may read and no more unless a job says so", () => {
  const targets = [...makefile.matchAll(/^([a-z0-9-]+):/gm)].map(([, target]) => target);
  const called = steps.flatMap(({ run = "" }) =>
    [...run.matchAll(/\bmake ([a-z-]+)$/gm)].map(([, target]) => target)
  );
  assert(called.length >= 5);
  assertEquals(called.filter((target) => !targets.includes(target!)), []);
  for (const { permissions } of workflows) assertEquals(permissions, { contents: "read" });
});

Deno.test("one release of Deno builds everywhere, and all that is fetched is pinned by its hash", () => {
  const [, wanted] = /^release=(\S+)$/m.exec(denoScript)!;
  assert(dockerfile.includes(`FROM denoland/deno:${wanted}@sha256:`));
  const setups = steps.filter(({ uses }) => uses?.startsWith("denoland/setup-deno@"));
  assertEquals(new Set(setups.map((step) => step.with!["deno-version"])), new Set([wanted]));
  for (const { uses } of steps) if (uses !== undefined) assert(/@[0-9a-f]{40}$/.test(uses), uses);
  // The comment says to people and to Dependabot which version that is.
  for (const text of [ci, release]) {
    for (const [line] of text.matchAll(/^.*uses: [^.].*$/gm)) assert(/ # v\d+\.\d+\.\d+$/.test(line), line);
  }
  const images = [...dockerfile.matchAll(/^FROM (\S+)/gm), ...ci.matchAll(/container: (\S+)/g)];
  for (const [, image] of images) assert(/@sha256:[0-9a-f]{64}$/.test(image!), image);
  assert(images.length >= 3);
  const wheels = [...denoScript.matchAll(/^(deno|bids-validator-deno)==(\S+) (\S+) [0-9a-f]{64}$/gm)];
  const [, carrier] = /^carrier=(\S+)$/m.exec(denoScript)!;
  assertEquals(wheels.map(([, name, version, machine]) => `${name} ${version} ${machine}`), [
    `deno ${wanted} x86_64`,
    `deno ${wanted} aarch64`,
    `bids-validator-deno ${carrier} x86_64`,
    `bids-validator-deno ${carrier} aarch64`,
  ]);
});

Deno.test("a release is made of what all tests have passed", () => {
  const { jobs } = parse(release) as { jobs: Record<string, { uses?: string; needs?: string | string[] }> };
  assertEquals(jobs.tests!.uses, "./.github/workflows/ci.yml");
  for (const name of ["publish", "image"]) assert([jobs[name]!.needs].flat().includes("tests"), name);
});
