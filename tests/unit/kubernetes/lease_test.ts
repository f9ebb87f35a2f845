import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClusterError, type KubernetesObject } from "../../../src/kubernetes/cluster.ts";
import { LeaseOverrun, runWithLease } from "../../../src/kubernetes/lease.ts";
import { aborted } from "../../../src/async/wait.ts";
import { FakeTime } from "../finnhub/fake_time.ts";
import { silent } from "../processing/fakes.ts";
import { away, FakeCluster } from "./fake_cluster.ts";

const LEASE = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace: "here", name: "operator" };

/** One candidate with a line of its own to the API server. */
class Candidate {
  /** Times at which it began and ended to work, in milliseconds. */
  readonly terms: { from: number; to?: number }[] = [];
  /** What its requests meet: throws, or waits. */
  line: (verb: string) => void | Promise<void> = () => {};
  readonly stop = new AbortController();
  readonly ended: Promise<void>;

  constructor(
    readonly name: string,
    time: FakeTime,
    cluster: FakeCluster,
    work: (signal: AbortSignal) => Promise<void> = aborted,
    wallClock = 0,
    random = () => 0.5,
  ) {
    const wire = <A extends unknown[], R>(verb: string, call: (...args: A) => Promise<R>) => {
      return async (...args: A) => {
        await this.line(verb);
        const result = await call.apply(cluster, args);
        await this.line(`${verb} answer`);
        return result;
      };
    };
    const own = Object.assign(Object.create(cluster) as FakeCluster, {
      get: wire("get", cluster.get),
      create: wire("create", cluster.create),
      replace: wire("replace", cluster.replace),
    });
    this.ended = runWithLease({
      cluster: own,
      namespace: LEASE.namespace,
      name: LEASE.name,
      identity: name,
      now: () => time.now,
      wallClock: () => wallClock + time.now,
      random,
      log: silent,
      signal: this.stop.signal,
    }, async (signal) => {
      const term: { from: number; to?: number } = { from: time.now };
      this.terms.push(term);
      await work(signal).finally(() => term.to = time.now);
    });
    this.ended.catch(() => {});
  }

  get works(): boolean {
    return this.terms.length > 0 && this.terms.at(-1)!.to === undefined;
  }
}

interface Setup extends Disposable {
  time: FakeTime;
  cluster: FakeCluster;
}

function setUp(): Setup {
  const time = new FakeTime();
  return { time, cluster: new FakeCluster(), [Symbol.dispose]: () => time[Symbol.dispose]() };
}

async function stopAll(time: FakeTime, ...candidates: Candidate[]): Promise<void> {
  for (const { stop } of candidates) stop.abort();
  await time.advance(20_000);
  await Promise.all(candidates.map(({ ended }) => ended));
}

const lease = async (cluster: FakeCluster) => (await cluster.get(LEASE))!;
const holder = async (cluster: FakeCluster) =>
  ((await lease(cluster)).spec as { holderIdentity?: string }).holderIdentity;

Deno.test("of two candidates one leads for as long as it renews", async () => {
  using setup = setUp();
  const { cluster, time } = setup;
  const a = new Candidate("a", time, cluster);
  await time.settle();
  const b = new Candidate("b", time, cluster);
  await time.advance(120_000);
  assertEquals([a.works, b.works, await holder(cluster)], [true, false, "a"]);
  await stopAll(time, b, a);
});

Deno.test("a leader that is stopped ends its work, gives the lease back, and the next leads at once", async () => {
  using setup = setUp();
  const { cluster, time } = setup;
  const slow = async (signal: AbortSignal) => {
    await aborted(signal);
    await new Promise((resolve) => setTimeout(resolve, 8_000));
  };
  const a = new Candidate("a", time, cluster, slow);
  await time.settle();
  const b = new Candidate("b", time, cluster);
  await time.advance(30_000);
  a.stop.abort();
  await time.advance(7_900);
  assertEquals([a.works, b.works], [true, false]);
  await time.advance(1_400);
  await a.ended;
  assertEquals([a.works, b.works, a.terms.length], [false, true, 1]);
  await stopAll(time, b);
});

Deno.test("a leader that vanished is succeeded after the lease's 15 s, whatever the clocks on the wall say", async () => {
  for (const wallClock of [0, 40 * 365 * 86_400_000]) {
    using setup = setUp();
    const { cluster, time } = setup;
    const a = new Candidate("a", time, cluster);
    await time.settle();
    const b = new Candidate("b", time, cluster, aborted, wallClock);
    await time.advance(60_000);
    a.line = () => new Promise(() => {});
    const vanished = time.now;
    await time.advance(30_000);
    const waited = b.terms[0]!.from - vanished;
    assert(waited > 9_000 && waited < 17_000, `${waited} ms`);
    await stopAll(time, a, b);
  }
});

Deno.test("a leader that cannot reach the server stops its work 10 s after its last renewal", async () => {
  for (const line of [() => Promise.reject(away()), () => new Promise<void>(() => {})]) {
    using setup = setUp();
    const { cluster, time } = setup;
    const a = new Candidate("a", time, cluster);
    await time.advance(60_100);
    a.line = line;
    await time.advance(4_000);
    assert(a.works);
    await time.advance(6_000);
    assertEquals([a.works, a.terms[0]!.to! - 60_000 <= 10_000], [false, true]);
    a.line = () => {};
    await time.advance(7_000);
    assertEquals([a.works, a.terms.length], [true, 2], "it leads again: nobody else wanted to");
    await stopAll(time, a);
  }
});

Deno.test("a lease that someone else has taken ends the work at the next renewal", async () => {
  using setup = setUp();
  const { cluster, time } = setup;
  const a = new Candidate("a", time, cluster);
  await time.advance(7_000);
  const taken = await lease(cluster);
  await cluster.replace({ ...taken, spec: { ...taken.spec as object, holderIdentity: "thief" } });
  await time.advance(3_100);
  assertEquals([a.works, a.terms[0]!.to], [false, 10_000]);
  await stopAll(time, a);
});

Deno.test("what does not touch who holds it does not cost the lead: annotations, lost answers, a deleted Lease", async () => {
  using setup = setUp();
  const { cluster, time } = setup;
  const a = new Candidate("a", time, cluster);
  await time.advance(7_000);
  const annotated = await lease(cluster);
  await cluster.replace({
    ...annotated,
    metadata: { ...annotated.metadata, annotations: { note: "hello" } },
  });
  await time.advance(20_000);
  let lost = 0;
  a.line = (verb) => {
    if (verb === "replace answer" && lost++ === 0) throw away();
  };
  await time.advance(20_000);
  assertEquals(lost > 1, true);
  await cluster.delete(LEASE);
  await time.advance(20_000);
  assertEquals([a.works, a.terms.length, await holder(cluster)], [true, 1, "a"]);
  await stopAll(time, a);
});

Deno.test("two candidates that start together: one leads", async () => {
  using setup = setUp();
  const { cluster, time } = setup;
  const candidates = ["a", "b"].map((name) => new Candidate(name, time, cluster));
  await time.advance(10_000);
  assertEquals(candidates.filter(({ works }) => works).length, 1);
  await stopAll(time, ...candidates);
});

Deno.test("work that ends by itself gives the lease back, and its error is thrown", async () => {
  using setup = setUp();
  const { cluster, time } = setup;
  const done = new Candidate("a", time, cluster, () => Promise.resolve());
  await time.settle();
  await done.ended;
  assertEquals(await holder(cluster), undefined);
  const broken = new Candidate("b", time, cluster, () => Promise.reject(new Error("broken")));
  await time.settle();
  await assertRejects(() => broken.ended, Error, "broken");
  assertEquals(await holder(cluster), undefined);
});

Deno.test("work that does not stop before the lease could lapse: the process is told to end", async () => {
  using setup = setUp();
  const { cluster, time } = setup;
  const a = new Candidate("a", time, cluster, () => new Promise(() => {}));
  await time.advance(1_000);
  a.line = () => Promise.reject(away());
  await time.advance(15_000);
  await assertRejects(() => a.ended, LeaseOverrun);
});

Deno.test("a candidate that is stopped while it writes gives back what it got", async () => {
  using setup = setUp();
  const { cluster, time } = setup;
  const writing = Promise.withResolvers<void>();
  const a = new Candidate("a", time, cluster);
  a.line = (verb) => verb === "create answer" ? writing.promise : undefined;
  await time.settle();
  a.stop.abort();
  writing.resolve();
  await time.advance(1_000);
  await a.ended;
  assertEquals([a.terms.length, await holder(cluster)], [0, undefined]);
});

Deno.test("the Lease is as the API wants it", async () => {
  using setup = setUp();
  const { cluster, time } = setup;
  const a = new Candidate("a", time, cluster);
  await time.settle();
  const { spec } = await lease(cluster) as KubernetesObject & { spec: Record<string, unknown> };
  assertEquals(spec, {
    holderIdentity: "a",
    leaseDurationSeconds: 15,
    acquireTime: "1970-01-01T00:00:00.000000Z",
    renewTime: "1970-01-01T00:00:00.000000Z",
    leaseTransitions: 0,
  });
  await stopAll(time, a);
});

Deno.test("whatever fails and however long it takes, two never lead at once", async () => {
  for (let seed = 1; seed <= 4; seed++) {
    using setup = setUp();
    const { cluster, time } = setup;
    let state = seed;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const unwinding = async (signal: AbortSignal) => {
      await aborted(signal);
      await new Promise((resolve) => setTimeout(resolve, 4_900 * random()));
    };
    const candidates = ["a", "b", "c"].map((name) =>
      new Candidate(name, time, cluster, unwinding, 0, random)
    );
    let leaderless = 0;
    for (let second = 0; second < 150; second += 5) {
      for (const candidate of candidates) {
        const luck = random();
        candidate.line = luck < 0.5
          ? () => {}
          : luck < 0.7
          ? () => Promise.reject(away())
          : luck < 0.85
          ? () => new Promise((resolve) => setTimeout(resolve, 6_000 * random()))
          : (verb) => {
            if (random() < 0.5) throw new ClusterError(verb, { status: 500, reason: "InternalError" });
          };
      }
      await time.advance(5_000);
      const leaders = candidates.filter(({ works }) => works).length;
      assert(leaders <= 1, `seed ${seed}: ${leaders} lead after ${second} s`);
      if (leaders === 0) leaderless++;
    }
    const terms = candidates.flatMap(({ terms }) => terms).sort((x, y) => x.from - y.from);
    for (const [i, { from }] of terms.entries()) {
      const before = terms[i - 1];
      assert(before === undefined || before.to! <= from, `seed ${seed}: a term begins within another`);
    }
    assert(leaderless < 27, `seed ${seed}: nobody led`);
    for (const candidate of candidates) candidate.line = () => {};
    await stopAll(time, ...candidates);
  }
});
