import type { FeedState, PipelineNumbers } from "../../../dashboard/pipeline_numbers.ts";
import { numberText } from "../format.ts";

/** What one of the page's three signals says: its link to the server, the server's feed, and the age of the last trade. */
export interface Signal {
  text: string;
  state: "good" | "bad" | "unknown";
  /** What to do about it. */
  remedy?: string;
}

/** Age above which a symbol counts as silent, milliseconds. */
const SILENT_MS = 60_000;
/** Symbols that are named. */
const NAMED = 5;

export const LINKED: Signal = { text: "page connected", state: "good" };
export const UNLINKED: Signal = {
  text: "connection lost, trying again",
  state: "bad",
  remedy:
    "The page's server does not answer: see that finnhub-pipe runs, and that this address is still its own.",
};

/** How the feed is, as the page's server knows it. */
export function feedSignal({ connected, feed }: Pick<PipelineNumbers, "connected" | "feed">): Signal {
  if (feed === undefined) {
    return { text: "feed unknown", state: "unknown", remedy: "Set PRODUCER_URL to see how the feed is." };
  }
  if (connected === false) return noTrades("not connected to the feed");
  const refused = Object.keys(feed.refused ?? {});
  if (refused.length > 0) {
    const more = refused.length > NAMED ? ` and ${refused.length - NAMED} more` : "";
    return {
      text: `feed refuses ${refused.length === 1 ? "a symbol" : `${refused.length} symbols`}`,
      state: "bad",
      remedy:
        `Refused: ${refused.slice(0, NAMED).join(", ")}${more}. See that the names are right, and how many ` +
        "symbols your plan allows.",
    };
  }
  if (feed.trouble !== undefined) return noTrades(feed.trouble);
  if (feed.source === "finnhub") return { text: "feed connected", state: "good" };
  if (feed.source === "simulated") return { text: "simulated market", state: "good" };
  return feed.ended
    ? { text: "recording has ended", state: "bad", remedy: "Play it again with --loop, or name another." }
    : { text: "recording", state: "good" };
}

const noTrades = (text: string): Signal => ({
  text,
  state: "bad",
  remedy: "No trades come: check FINNHUB_API_TOKEN and the network; finnhub-pipe doctor says what is wrong.",
});

/**
 * How long ago the symbol that is shown was traded.
 *
 * @param ageMs milliseconds; undefined while that is not known
 */
export function tradeSignal(symbol: string, ageMs: number | undefined, feed: FeedState | undefined): Signal {
  const { refused = {} } = feed ?? {};
  if (Object.hasOwn(refused, symbol)) {
    const refusal = refused[symbol];
    return {
      text: "refused by the feed",
      state: "bad",
      remedy: `The feed does not take ${symbol}${
        refusal ? ` (${refusal})` : ""
      }; it is asked again now and then.`,
    };
  }
  if (ageMs === undefined) return { text: "", state: "unknown" };
  const text = `last trade ${ageText(ageMs)} ago`;
  if (ageMs < SILENT_MS) return { text, state: "good" };
  return {
    text,
    state: "bad",
    remedy: feed?.ended || feed?.trouble !== undefined
      ? ""
      : `Nothing trades in ${symbol}: its market may be closed, or the name may be one that the feed does not know.`,
  };
}

/** A time that has passed, in its largest unit. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.floor(seconds / 3600)} h`
    : `${numberText(Math.floor(seconds / 86_400))} d`;
}
