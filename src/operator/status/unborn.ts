import { selectorOf } from "../names.ts";
import type { Pipeline } from "../pipeline.ts";
import { Lasting } from "../reconcile/lasting.ts";
import { type Observed, progressOf } from "../reconcile/observed.ts";
import { isWorkload } from "../workload.ts";
import { liveOf, MADE_WITHIN_MS, type Pass } from "./component_status.ts";
import type { PodStatus } from "./pod_types.ts";

/** Finds workloads whose pods are not made, such as for a quota: of a StatefulSet or Job only Events tell. */
export class Unborn {
  readonly #lasting: Lasting;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#lasting = new Lasting(MADE_WITHIN_MS, now);
  }

  /** Components that have lacked pods for long, though none of theirs has anything to wait for. */
  look(pipeline: Pipeline, passes: readonly Pass[], observed: Observed): ReadonlySet<string> {
    const lacking = passes.filter((pass) => lacksPods(pipeline, pass, observed));
    return new Set(this.#lasting.of(lacking.map(({ component }) => component.name)));
  }

  /** Milliseconds until one has lacked pods for long; undefined when none will. */
  due(): number | undefined {
    return this.#lasting.due();
  }
}

function lacksPods(pipeline: Pipeline, { component, held }: Pass, observed: Observed): boolean {
  const wanted = component.objects.find(isWorkload);
  const live = wanted && liveOf(pipeline, observed, component.name, wanted, held);
  if (live === undefined || live.metadata.deletionTimestamp !== undefined) return false;
  const { failed, settled, wanted: count } = progressOf(live);
  if (settled || failed !== undefined) return false;
  const selector = Object.entries(selectorOf(pipeline, component.name));
  const pods = observed.list("Pod").filter(({ metadata: { labels } }) =>
    selector.every(([label, value]) => labels?.[label] === value)
  );
  // The next is made when the one before is ready, or gone.
  const allReady = pods.every(({ metadata, status }) =>
    metadata.deletionTimestamp === undefined &&
    ((status ?? {}) as PodStatus).conditions?.some(({ status, type }) =>
      type === "Ready" && status === "True"
    )
  );
  return allReady && pods.length < count;
}
