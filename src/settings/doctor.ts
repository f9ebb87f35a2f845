import { boolean, oneOf, optional } from "./parsers.ts";
import { setting } from "./setting.ts";

/** What doctor can look at. */
export const CHECKS = ["feed", "kafka", "registry", "cassandra", "cluster", "data"] as const;
export type CheckName = (typeof CHECKS)[number];

/** What it looks at where nothing else is said: the servers, or the folder that takes their places. */
export const usualChecks = (data: string | undefined): readonly CheckName[] =>
  data === undefined ? CHECKS.filter((name) => name !== "data") : ["feed", "data"];

/** Settings of doctor. */
export const doctorSettings = {
  checks: setting({
    flag: "checks",
    env: "DOCTOR_CHECKS",
    default: "",
    meaning: `What to look at, of ${
      CHECKS.join(", ")
    }; with --data feed and data when empty, else all the others`,
    parse: optional(checkList),
  }),
  connectFeed: setting({
    flag: "connect-feed",
    env: "DOCTOR_CONNECT_FEED",
    default: "false",
    meaning: "Open the feed's websocket too: it takes the one connection that a token has",
    parse: boolean,
  }),
};

function checkList(text: string): readonly CheckName[] {
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const parse = oneOf(...CHECKS);
  if (names.length === 0) throw new RangeError(`some of ${CHECKS.join(", ")}`);
  return [...new Set(names.map((name) => parse(name)))];
}
