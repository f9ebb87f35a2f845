import type { PipelineNumbers } from "../../dashboard/pipeline_numbers.ts";
import { $, setText } from "../shared/dom.ts";
import { gapText, latencyText, numberText } from "./format.ts";

/** Seconds over which the rate is taken: as many updates. */
const RATE_SECONDS = 5;
/** Latencies above are marked, milliseconds. */
const SLOW = 5000;
/** Messages waiting above are marked. */
const MANY = 1000;

/** The pipeline's numbers, which come once a second. */
export interface PipelinePanel {
  /** Forgets what the rate is taken from: another server counts from 0. */
  reset(): void;
  update(numbers: PipelineNumbers): void;
}

export function makePipelinePanel(): PipelinePanel {
  const history: { at: number; trades: number }[] = [];

  function show(id: string, text: string, good = true) {
    setText($(id), text);
    $(id).dataset.good = String(good);
  }

  /** Trades a second; undefined while too short a time is known. */
  function rate(trades: number): number | undefined {
    const now = { at: performance.now(), trades };
    history.push(now);
    if (history.length > RATE_SECONDS + 1) history.shift();
    const first = history[0] ?? now;
    const passed = now.at - first.at;
    return passed < 500 ? undefined : (trades - first.trades) / passed * 1000;
  }

  return {
    reset: () => void history.splice(0),
    update({ connected, deadLetters, gapSeconds, lag, latency, trades }) {
      show("rate", numberText(rate(trades)));
      setText($("latency-name"), `Feed to ${latency?.to ?? "stored"}`);
      show("p50", latencyText(latency?.p50));
      // null is above what is measured.
      show("p99", latencyText(latency?.p99), latency === undefined || (latency.p99 ?? Infinity) <= SLOW);
      show("lag", numberText(lag), (lag ?? 0) <= MANY);
      show("gaps", gapText(connected, gapSeconds), connected !== false);
      show("dead", numberText(deadLetters), (deadLetters ?? 0) === 0);
    },
  };
}
