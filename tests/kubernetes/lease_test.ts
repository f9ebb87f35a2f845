import { assert, assertEquals } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { until } from "../services/until.ts";
import { startCluster, type TestCluster } from "./cluster/mod.ts";
import { Wire } from "./wire.ts";

const FIXTURE = new URL("fixtures/candidate.ts", import.meta.url).pathname;

/** A process that wants to lead, and what it printed with the time in milliseconds. */
class Candidate implements AsyncDisposable {
  readonly said: { word: string; at: number }[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #read: Promise<void>;

  constructor(kubernetes: { kubeconfig: string }, readonly identity: string) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-P=integration", "--quiet", FIXTURE, kubernetes.kubeconfig, identity],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#read = this.#listen();
  }

  get words(): string {
    return this.said.map(({ word }) => word).join(" ");
  }

  saying(words: string, deadline = 30_000): Promise<void> {
    const check = async () => await Promise.resolve(this.words) === words || `it said "${this.words}"`;
    return until(`${this.identity} to say "${words}"`, check, { deadline, interval: 10 });
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#process.kill(signal);
    await this.#process.status;
    await this.#read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.end("SIGKILL");
    } catch {
      // It has ended before.
    }
  }

  async #listen(): Promise<void> {
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const words = text.split("\n").filter((word) => word !== "");
      this.said.push(...words.map((word) => ({ word, at: performance.now() })));
    }
  }
}

const holder = (kubernetes: TestCluster) =>
  kubernetes.kubectl("get", "lease", "candidates", "--output=jsonpath={.spec.holderIdentity}");

integrationTest("operators take turns by a Lease", async (t) => {
  await using kubernetes = await startCluster({ mode: "api" });
  await using first = new Candidate(kubernetes, "first");
  await first.saying("leads");
  await using second = new Candidate(kubernetes, "second");

  await t.step("SIGTERM: the leader stops, and the other leads within 2 s", async () => {
    await until("the second to stand by", async () => {
      const events = await kubernetes.auditEvents({ userAgent: /^finnhub-pipe$/, resource: "leases" });
      // The first asks once before it writes; whoever asks later without writing is the second.
      return events.filter(({ verb }) => verb === "get").length > 3 || "not yet";
    });
    assertEquals(second.words, "");
    const told = performance.now();
    await first.end("SIGTERM");
    assertEquals(first.words, "leads stops");
    await second.saying("leads");
    const took = second.said[0]!.at - told;
    assert(took < 2_000, `${took} ms`);
    assertEquals(await holder(kubernetes), "second");
  });

  await using third = new Candidate(kubernetes, "third");
  await t.step("SIGKILL: the other leads once the lease has run out, and not before", async () => {
    await until("the third to stand by", async () => {
      const since = new Date(Date.now() - 1_500);
      const gets = await kubernetes.auditEvents({ userAgent: /^finnhub-pipe$/, verbs: ["get"], since });
      return gets.length > 0 || "not yet";
    });
    const killed = performance.now();
    await second.end("SIGKILL");
    await third.saying("leads");
    const took = third.said[0]!.at - killed;
    assert(took > 9_000 && took < 20_000, `${took} ms`);
  });

  await t.step("the API server is away longer than a lease: the work stops, then goes on", async () => {
    await kubernetes.stopApiServer();
    const stopped = performance.now();
    await third.saying("leads stops");
    assert(third.said[1]!.at - stopped <= 11_000);
    await kubernetes.startApiServer();
    await third.saying("leads stops leads");
    assertEquals(await holder(kubernetes), "third");
  });

  await t.step("a connection that dies without a word does not cost the lead", async () => {
    await third.end("SIGTERM");
    using wire = new Wire(kubernetes.server);
    await using fourth = new Candidate(
      { kubeconfig: await wire.kubeconfig(kubernetes.kubeconfig) },
      "fourth",
    );
    await fourth.saying("leads");
    const frozen = new Date();
    wire.freeze();
    await until("the lease to be renewed over another connection", async () => {
      const events = await kubernetes.auditEvents({ resource: "leases", verbs: ["update"], since: frozen });
      return events.some(({ code, name }) => name === "candidates" && code === 200) || "not yet";
    }, { deadline: 20_000 });
    assertEquals([fourth.words, wire.accepted], ["leads", 2]);
  });
});
