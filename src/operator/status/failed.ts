import type { Pipeline, PipelineStatus } from "../pipeline.ts";
import { condition } from "./status.ts";

/**
 * The status of a Pipeline over which no pass comes to its end: what was last seen of its components, and that it may no longer hold.
 *
 * @param why Why, with the remedy.
 * @param now Milliseconds since the epoch.
 */
export function failedStatus(pipeline: Pipeline, why: string, now: number): PipelineStatus {
  const failed = ["Ready", "Degraded"].map((type) =>
    condition(pipeline, type, type === "Degraded", ["PassFailed", why], now)
  );
  const others = (pipeline.status?.conditions ?? []).filter(({ type }) =>
    failed.every((each) => each.type !== type)
  );
  return { ...pipeline.status, conditions: [...failed, ...others] };
}
