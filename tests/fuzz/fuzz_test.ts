/**
 * Every reader of what comes from outside, on inputs that are made of good ones: short here, long by `make fuzz`.
 *
 * FUZZ names one reader, FUZZ_SEED the first input, FUZZ_CASES how many, FUZZ_SECONDS how long for each reader.
 */
import { assert } from "@std/assert";
import { integrationTest, secondsFrom } from "../needs.ts";
import { fuzz, type Fuzzer } from "./fuzzer.ts";
import { codecs, recordBatches } from "./targets/batches.ts";
import { bookmarks, recordings, replays, tables } from "./targets/files.ts";
import { queries, registryAnswers, requests, searches } from "./targets/http.ts";
import { frames, messages } from "./targets/market.ts";
import { kubeconfigs, pipelines, settings } from "./targets/settings.ts";

const FUZZERS: [name: string, fuzzer: () => Fuzzer | Promise<Fuzzer>][] = [
  ...[
    frames,
    messages,
    tables,
    recordings,
    replays,
    bookmarks,
    requests,
    queries,
    registryAnswers,
    searches,
    settings,
    pipelines,
    recordBatches,
    codecs,
  ].map((fuzzer): [string, () => Fuzzer] => [fuzzer.name, () => fuzzer]),
  ["kubeconfig", kubeconfigs],
];

/** Inputs that each reader is to get at least: fewer show nothing. */
const FEWEST = 50;

const wanted = Deno.permissions.querySync({ name: "env", variable: "FUZZ" }).state === "granted"
  ? Deno.env.get("FUZZ")
  : undefined;

for (const [name, make] of FUZZERS) {
  if (wanted !== undefined && wanted !== name) continue;
  integrationTest(`fuzz: ${name}`, async () => {
    const seed = secondsFrom("FUZZ_SEED", 1);
    const cases = secondsFrom("FUZZ_CASES", 1_000_000_000);
    const fuzzer = await make();
    for (const input of fuzzer.corpus) await fuzzer.check(input);
    const tried = await fuzz(fuzzer, { seed, cases, seconds: secondsFrom("FUZZ_SECONDS", 1) });
    console.log(`${name}: ${tried} inputs from seed ${seed}`);
    assert(tried >= Math.min(cases, FEWEST), `only ${tried} inputs were tried`);
  });
}
