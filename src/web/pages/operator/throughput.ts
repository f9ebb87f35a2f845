import type { Throughput } from "../../../operator/status/operator_status.ts";
import { $, make, setText, svg } from "../shared/dom.ts";

/** Updates that the picture of the history shows. */
const HISTORY = 120;
/** Updates for which it has room at least. */
const LEAST_ROOM = 30;

/** Throughput in numbers, and as a picture of the last updates. */
export interface ThroughputPanel {
  /** Takes one more update into the history. */
  add(throughput: Throughput): void;
  render(throughput: Throughput | undefined): void;
}

export function makeThroughputPanel(): ThroughputPanel {
  const history: Throughput[] = [];
  return {
    add(throughput) {
      history.push(throughput);
      history.splice(0, history.length - HISTORY);
    },
    render(throughput) {
      setText($("rate"), throughput ? number(throughput.tradesPerSecond) : "not known");
      setText($("lag"), throughput ? number(throughput.lagRecords) : "not known");
      setText(
        $("feed"),
        throughput ? throughput.producerConnected ? "connected" : "not connected" : "not known",
      );
      $("feed").dataset.good = String(throughput?.producerConnected ?? true);
      if (history.length >= 2) $("history").replaceChildren(picture(history), key());
    },
  };
}

const number = (value: number) => value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });

function picture(history: readonly Throughput[]): SVGSVGElement {
  return svg(
    "svg",
    { viewBox: "0 0 300 62", role: "img", preserveAspectRatio: "none", "aria-label": "the last updates" },
    line("rate", history.map(({ tradesPerSecond }) => tradesPerSecond), 1),
    line("lag", history.map(({ lagRecords }) => lagRecords), 100),
  );
}

/** @param least below it the line stays low: one message that waits is no peak */
function line(name: string, values: readonly number[], least: number): SVGPolylineElement {
  const most = Math.max(least, ...values);
  const room = Math.max(LEAST_ROOM, values.length) - 1;
  const points = values.map((value, i) => `${(i / room) * 300},${58 - (value / most) * 52}`);
  return svg("polyline", { points: points.join(" "), class: `line ${name}` });
}

const key = () =>
  make(
    "p",
    "quiet key",
    make("span", "key-rate", "trades a second"),
    make("span", "key-lag", "messages waiting"),
  );
