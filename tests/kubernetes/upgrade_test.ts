import { assert, assertEquals } from "@std/assert";
import { parse, stringify } from "@std/yaml";
import { binary } from "../e2e/role.ts";
import { integrationTest, integrationTestUnless, permitted } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { until } from "../services/until.ts";
import { INSTALL, type Json, Operating } from "./operating.ts";
import { hasCommit, type Release, releaseFromHere, releaseOf } from "./releases.ts";
import { changeRelease, startAgain } from "./upgrading.ts";

/** What would have been released before the batch layer; its CustomResourceDefinition knows no spec.batch. */
const EARLIER = "a0147c4326c793f592dd3e0a8385ecadcc1c5346";
const SINGLE = new URL("fixtures/single.yaml", import.meta.url).pathname;
const HA = new URL("fixtures/ha.yaml", import.meta.url).pathname;
/** What runs our own executable. */
const OURS = ["dashboard", "processor", "producer"];

const here = (): Release => ({ executable: binary(), install: INSTALL });

/** The fields of a Pipeline's spec that the API server knows. */
async function fieldsOf(stage: Operating): Promise<string[]> {
  const { spec } = await stage.get("crd", "pipelines.finnhub-pipe.dev");
  return Object.keys(spec.versions[0].schema.openAPIV3Schema.properties.spec.properties);
}

integrationTest(
  "another version of the same pipeline replaces the pods of our own executable, forth and back, and no server's",
  async (t) => {
    const say = progressOnStderr();
    const folder = await Deno.makeTempDir();
    try {
      const next = await releaseFromHere(folder, "99.0.0", later, say);
      await using stage = await Operating.set();
      let running = stage.operator(["--pipeline", HA]);
      await stage.until("Ready", "True", 120_000);

      await t.step("a later version", async () => {
        const change = { stage, pipeline: HA, from: here(), to: next, running };
        const { rolled, ...changed } = await changeRelease(change);
        assertEquals(rolled, OURS);
        assert((await fieldsOf(stage)).includes("later"), "the definition is the old one");
        running = await startAgain(stage, next, HA, changed.running);
      });

      await t.step(
        "an earlier version beside it stands by, and leaves the later one's definition",
        async () => {
          const since = new Date();
          await using other = stage.operator(["--pipeline", HA]);
          await other.says(/"message":"stands by"/);
          // Else its Deployment would never take the leader away.
          assertEquals(await other.readiness(), { status: 200, text: "ready\n" });
          assert((await fieldsOf(stage)).includes("later"), "the field is gone");
          assertEquals(await stage.writes(since), []);
        },
      );

      await t.step("the earlier version again", async () => {
        const change = { stage, pipeline: HA, from: next, to: here(), running };
        const { rolled, ...changed } = await changeRelease(change);
        assertEquals(rolled, OURS);
        running = await startAgain(stage, here(), HA, changed.running);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/**
 * Makes sources those of a later version: what a Pipeline is has another field, and other words on one that was there. Its
 * pods take their time, so that it is seen who waits for whom.
 */
async function later(folder: string): Promise<void> {
  await annotatePods(`${folder}/manifests/setup/objects.yaml`, "fakenode/run-for: 2s");
  await annotatePods(`${folder}/manifests/processor/objects.yaml`, "fakenode/ready-after: 2s");
  const file = `${folder}/manifests/crd.yaml`;
  const definition = parse(await Deno.readTextFile(file)) as Json;
  const { properties } = definition.spec.versions[0].schema.openAPIV3Schema.properties.spec;
  properties.tickers.description += " Or so.";
  properties.later = { type: "string", description: "What this version does not know." };
  await Deno.writeTextFile(file, stringify(definition, { lineWidth: -1 }));
}

async function annotatePods(file: string, annotation: string): Promise<void> {
  const text = await Deno.readTextFile(file);
  const template = "\n  template:\n";
  assert(text.includes(template), file);
  await Deno.writeTextFile(
    file,
    text.replace(template, `${template}    metadata: { annotations: { ${annotation} } }\n`),
  );
}

const history = permitted && await hasCommit(EARLIER);
integrationTestUnless(
  history ? undefined : "the checkout has no history",
  "the release before is brought up to date: what both render alike is not touched",
  async (t) => {
    const say = progressOnStderr();
    const earlier = await releaseOf(EARLIER, "0.0.9", say);
    await using stage = await Operating.set(earlier.install);
    // As the operator is found where it runs in the cluster.
    await stage.cluster.kubectl("apply", "-f", earlier.install);
    let running = stage.operator(["--pipeline", SINGLE], earlier.executable);
    await stage.until("Ready");
    assert(!(await fieldsOf(stage)).includes("batch"));

    await t.step("the new version", async () => {
      const change = { stage, pipeline: SINGLE, from: earlier, to: here(), running };
      const { rolled, ...changed } = await changeRelease(change);
      for (const role of OURS) assert(rolled.includes(role), role);
      say(`replaced: ${rolled.join(", ")}`);
      running = await startAgain(stage, here(), SINGLE, changed.running);
    });

    await t.step("what it brings can be used", async () => {
      await stage.change({ batch: { schedule: "15 3 * * *" } });
      await until("the CronJob", async () => await stage.find("cronjob", "backfill") ? true : "not yet");
      await stage.until("Ready");
    });
  },
);
