import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import ci from "../../../.github/workflows/ci.yml" with { type: "text" };
import release from "../../../.github/workflows/release.yml" with { type: "text" };
import denoScript from "../../../.ci/deno.sh" with { type: "text" };
import dockerfile from "../../../Dockerfile" with { type: "text" };
import makefile from "../../../Makefile" with { type: "text" };

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, { steps: { run?: string; uses?: string; with?: Record<string, unknown> }[] }>;
}

const workflows = [ci, release].map((text) => parse(text) as Workflow);
const steps = workflows.flatMap(({ jobs }) => Object.values(jobs)).flatMap(({ steps }) => steps);

Deno.test("workflows call make targets that there are, and may read and no more unless a job says so", () => {
  const targets = [...makefile.matchAll(/^([a-z0-9-]+):/gm)].map(([, target]) => target);
  const called = steps.flatMap(({ run = "" }) =>
    [...run.matchAll(/\bmake ([a-z-]+)$/gm)].map(([, target]) => target)
  );
  assert(called.length >= 5);
  assertEquals(called.filter((target) => !targets.includes(target!)), []);
  for (const { permissions } of workflows) assertEquals(permissions, { contents: "read" });
});

Deno.test("one release of Deno builds everywhere, and actions are pinned to a version", () => {
  const [, wanted] = /^release=(\S+)$/m.exec(denoScript)!;
  assert(dockerfile.includes(`ARG DENO=${wanted}\n`));
  const setups = steps.filter(({ uses }) => uses?.startsWith("denoland/setup-deno@"));
  assertEquals(new Set(setups.map((step) => step.with!["deno-version"])), new Set([wanted]));
  for (const { uses } of steps) if (uses !== undefined) assert(/@v\d+$/.test(uses), uses);
});
