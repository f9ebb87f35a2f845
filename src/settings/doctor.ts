import { boolean, oneOf } from "./parsers.ts";
import { setting } from "./setting.ts";

/** What doctor can look at. */
export const CHECKS = ["feed", "kafka", "registry", "cassandra", "cluster"] as const;
export type CheckName = (typeof CHECKS)[number];

/** Settings of doctor. */
export const doctorSettings = {
  checks: setting({
    flag: "checks",
    env: "DOCTOR_CHECKS",
    default: CHECKS.join(","),
    meaning: "What to look at",
    parse: checkList,
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
