import type { WatchRow } from "../../../dashboard/wire.ts";
import type { PipelineNumbers } from "../../../dashboard/pipeline_numbers.ts";
import { $, setText, showLink } from "../../shared/dom.ts";
import { feedSignal, LINKED, type Signal, tradeSignal, UNLINKED } from "./signals.ts";

/** The three signals on the page. */
export interface SignalLamps {
  linked(): void;
  unlinked(): void;
  /** Takes what the server says of the feed, once a second. */
  pipeline(numbers: PipelineNumbers): void;
  /** Takes the symbol that is shown. */
  trade(symbol: string | undefined, row: WatchRow | undefined): void;
}

export function makeSignalLamps(): SignalLamps {
  const known: { link: Signal; feed: Signal; trade: Signal } = {
    link: { text: "", state: "unknown" },
    feed: { text: "", state: "unknown" },
    trade: { text: "", state: "unknown" },
  };
  let numbers: PipelineNumbers | undefined;
  /** When they came, by `performance.now()`. */
  let at = 0;

  function lamp(id: string, { state, text }: Signal): void {
    setText($(id), text);
    $(id).dataset.state = state;
  }

  function remedies(): void {
    // Behind a lost link nothing else is known.
    const told = known.link.state === "bad" ? [known.link] : [known.feed, known.trade];
    const text = told.filter(({ state }) => state !== "good").map(({ remedy = "" }) => remedy)
      .filter((remedy) => remedy !== "").join(" ");
    setText($("remedy"), text);
    $("remedy").hidden = text === "";
  }

  function link(signal: Signal): void {
    known.link = signal;
    showLink(signal.state === "good" ? "live" : "lost", signal.text);
    remedies();
  }

  return {
    linked: () => link(LINKED),
    unlinked() {
      // What was known of the rest is known no more.
      numbers = undefined;
      known.feed = { text: "feed unknown", state: "unknown" };
      known.trade = { text: "", state: "unknown" };
      lamp("feed", known.feed);
      lamp("age", known.trade);
      link(UNLINKED);
    },
    pipeline(newer) {
      numbers = newer;
      at = performance.now();
      known.feed = feedSignal(newer);
      lamp("feed", known.feed);
      $("made-up").hidden = newer.feed?.source !== "simulated";
      remedies();
    },
    trade(symbol, row) {
      if (symbol === undefined || numbers === undefined) return;
      const age = row === undefined ? undefined : numbers.now + performance.now() - at - row.heard;
      known.trade = tradeSignal(symbol, age, numbers.feed);
      lamp("age", known.trade);
      remedies();
    },
  };
}
