import { isDate } from "../market/calendar_date.ts";
import { MAX_SYMBOL_LENGTH, symbolFault } from "../market/symbol.ts";

/**
 * Parsers of setting values: each takes the text of a flag or environment variable and returns the value, or throws
 * a RangeError whose message completes the sentence "must be …".
 */

/** A whole number from `min` to `max`, both included. */
export const wholeNumber = (min: number, max: number) => (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new RangeError(`a whole number from ${min} to ${max}`);
  }
  return value;
};

/** A TCP port. */
export const port = wholeNumber(1, 65_535);

/** `true`, `yes`, `on`, `1` and their opposites, in any case. */
export function boolean(text: string): boolean {
  if (/^(true|yes|on|1)$/i.test(text)) return true;
  if (/^(false|no|off|0)$/i.test(text)) return false;
  throw new RangeError("true or false");
}

/** One of a few words. */
export const oneOf = <const T extends string>(...words: readonly T[]) => (text: string): T => {
  const found = words.find((word) => word === text.toLowerCase());
  if (found === undefined) throw new RangeError(`one of ${words.join(", ")}`);
  return found;
};

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `500ms`, `15s`, `2m`, `1h` or `30d`, in milliseconds; `0` is zero. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (text === "0") return 0;
  if (!match) throw new RangeError("a duration such as 500ms, 15s, 2m, 1h or 30d");
  return Number(match[1]) * UNIT_MS[match[2]!]!;
}

/** A duration longer than zero, in milliseconds. */
export function positiveDuration(text: string): number {
  const ms = duration(text);
  if (ms <= 0) throw new RangeError("a duration above zero, such as 500ms or 15s");
  return ms;
}

/** A duration of at most `most`, in milliseconds; `0` is zero. */
export const durationUpTo = (most: string) => (text: string): number => {
  const ms = duration(text);
  if (ms > duration(most)) throw new RangeError(`a duration of at most ${most}`);
  return ms;
};

/** A point of time, milliseconds since the epoch; or one that lies `ago` milliseconds before now. */
export type TimeOrAge = { at: number } | { ago: number };

/**
 * A UTC date (`2026-01-31`), a time (`2026-01-31T14:30`, with seconds, fractions and `Z` or an offset if wanted; UTC without), or how
 * long ago (`26h`, `now`).
 */
export function timeOrAge(text: string): TimeOrAge {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(
    text,
  );
  if (match) {
    const at = Date.parse(`${match[1]}T${match[2] ?? "00:00"}${match[3] ?? "Z"}`);
    if (!Number.isNaN(at) && isDate(match[1]!)) return { at };
  }
  if (text === "now") return { ago: 0 };
  try {
    return { ago: duration(text) };
  } catch {
    throw new RangeError("a time such as 2026-01-31 or 2026-01-31T14:30Z, or how long ago, such as 26h");
  }
}

/** The time that is meant, milliseconds. */
export const timeOf = (time: TimeOrAge, nowMs: number): number => "at" in time ? time.at : nowMs - time.ago;

/** Text of at most `max` characters that matches `pattern`. */
export const textOf = (what: string, pattern: RegExp, max = 255) => (text: string): string => {
  if (text.length > max || !pattern.test(text)) throw new RangeError(what);
  return text;
};

/** What another parser makes of a text; undefined for none. */
export const optional = <T>(parse: (text: string) => T) => (text: string): T | undefined =>
  text === "" ? undefined : parse(text);

/** What another parser makes of each part of a comma list; none for an empty text. */
export const listOf = <T>(parse: (text: string) => T) => (text: string): T[] =>
  text.split(",").map((part) => part.trim()).filter((part) => part !== "").map(parse);

/** Any text of at most 4,096 characters. */
export const anyText = (text: string): string => {
  if (text.length > 4096) throw new RangeError("a text of at most 4096 characters");
  return text;
};

/** An absolute URL with one of the `protocols` (with colon) and no user, password or fragment. */
export const urlOf = (...protocols: string[]) => (text: string): URL => {
  const what = `an address that starts with ${protocols.map((p) => `${p}//`).join(" or ")}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !protocols.includes(url.protocol)) throw new RangeError(what);
  if (url.username || url.password || url.hash) throw new RangeError(`${what}, without user, password or #`);
  return url;
};

/** Where a server listens. */
export interface ListenAddress {
  hostname: string;
  /** 0: a free port that the system picks. */
  port: number;
}

/** `host:port`, `[v6]:port` or `:port` (all interfaces). */
export function listenAddress(text: string): ListenAddress {
  const match = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]*):(\d{1,5})$/.exec(text);
  if (!match || Number(match[2]) > 65_535) {
    throw new RangeError("an address such as 127.0.0.1:8080, or :8080 for all interfaces");
  }
  return { hostname: match[1]!.replace(/^\[|\]$/g, "") || "0.0.0.0", port: Number(match[2]) };
}

const MAX_SYMBOLS = 1000;

/**
 * Symbols as a JSON array (`["AAPL"]`), a Python-style list (`['AAPL', 'MSFT']`) or a comma list (`AAPL,MSFT`);
 * repeated ones are taken once, in order.
 */
export function symbolList(text: string): string[] {
  const inner = text.trim().replace(/^\[([\s\S]*)\]$/, "$1");
  const symbols = inner.split(",").map((part) => part.trim().replace(/^(["'])([\s\S]*)\1$/, "$2").trim());
  if (symbols.at(-1) === "") symbols.pop();
  if (
    symbols.length === 0 ||
    symbols.some((symbol) => symbolFault(symbol) !== undefined || /["'\[\]]/.test(symbol))
  ) {
    throw new RangeError(
      `symbols such as AAPL,IC MARKETS:1 or ["AAPL"], each of 1 to ${MAX_SYMBOL_LENGTH} characters, none of control or format`,
    );
  }
  if (symbols.length > MAX_SYMBOLS) throw new RangeError(`a list of at most ${MAX_SYMBOLS} symbols`);
  return [...new Set(symbols)];
}

/** Hosts as a comma list, each `host`, `host:port`, `[v6]`, `[v6]:port`, or a bare IPv6 address, which gets its brackets. */
export function hostList(text: string): string[] {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part.length > 0);
  const hosts = parts.map((part) => /^[0-9a-fA-F:.]*:[0-9a-fA-F.]*:/.test(part) ? `[${part}]` : part);
  const valid = hosts.every((host) =>
    /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.test(host) &&
    URL.canParse(`http://${host}`)
  );
  if (hosts.length === 0 || !valid) {
    throw new RangeError("one or several hosts, such as kafka, a:9092,b:9092 or [::1]:9092");
  }
  return hosts;
}

/** Names or addresses of hosts as a comma list, without ports. */
export function hostNames(text: string): string[] {
  const names = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const valid = names.every((name) => {
    const address = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
    return name.length <= 253 && (/^[A-Za-z0-9._-]+$/.test(name) || /^\[[0-9A-Fa-f:.]+\]$/.test(address)) &&
      URL.canParse(`http://${address}`);
  });
  if (names.length === 0 || !valid) {
    throw new RangeError("one or several names of hosts, such as page.example");
  }
  return names;
}

/** Joins each host without a port to `port`. */
export const withPort = (hosts: readonly string[], port: number): string[] =>
  hosts.map((host) => /:\d+$/.test(host) && !/^\[[^\]]*\]$/.test(host) ? host : `${host}:${port}`);

/** Replay speed: `max` is Infinity. */
export function speed(text: string): number {
  if (text === "max") return Infinity;
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new RangeError("a number above 0, or max");
  return value;
}

/** A finite number above zero. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new RangeError("a number above 0");
  return value;
}
