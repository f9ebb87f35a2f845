import { styleText } from "node:util";
import { visible } from "./visible.ts";

/** Severity, lowest first. A logger writes its own level and what is above. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Values that a log line may carry. Secrets are never passed in; {@linkcode redactor} is the second line of defence. */
export type LogFields = Record<string, string | number | boolean | null | undefined | Error>;

/** Structured logger: one line an event, a fixed message and fields that vary. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines all carry `fields`. */
  with(fields: LogFields): Logger;
  /** Lines that could not be written so far. */
  readonly dropped: number;
}

export interface LoggerOptions {
  level: LogLevel;
  /** `json`: one object a line, for machines. `text`: for people. */
  format: "json" | "text";
  /** Whether text marks warnings and errors by colour. Default not. */
  color?: boolean;
  /** Texts that must never appear; each is replaced by `[redacted]`. */
  secrets?: readonly string[];
  write(line: string): void;
  /** Lines that could not be written so far; none where they always can. */
  dropped?: () => number;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Shorter ones would be cut out of ordinary words, and protect nothing. */
export const SHORTEST_SECRET = 6;

/**
 * Returns a function that replaces every occurrence of each secret, raw or percent-encoded. Secrets of fewer than
 * {@linkcode SHORTEST_SECRET} characters stay.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const needles = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .sort((a, b) => b.length - a.length)
    .map((secret) => RegExp.escape(secret));
  if (needles.length === 0) return (text) => text;
  // In one pass, so that no secret is looked for within a replacement.
  const pattern = new RegExp(needles.join("|"), "g");
  return (text) => text.replace(pattern, "[redacted]");
}

/**
 * Makes a logger.
 *
 * @example
 * ```ts
 * const log = createLogger({ level: "info", format: "json", write: console.error, now: Date.now });
 * log.info("partition assigned", { partition: 3 });
 * // {"time":"…","level":"info","message":"partition assigned","partition":3}
 * ```
 */
export function createLogger(options: LoggerOptions, base: LogFields = {}): Logger {
  const redact = redactor(options.secrets ?? []);
  const threshold = LOG_LEVELS.indexOf(options.level);
  const render = options.format === "json" ? jsonLine : textLine;
  const colors: { [Level in LogLevel]?: "dim" | "yellow" | "red" } =
    options.color && options.format === "text" ? COLORS : {};
  const at = (level: LogLevel) => (message: string, fields: LogFields = {}) => {
    if (LOG_LEVELS.indexOf(level) < threshold) return;
    const time = new Date(options.now()).toISOString();
    const line = visible(redact(render(time, level, message, { ...base, ...fields })));
    // Last: the escapes of colour are none that came from outside.
    const color = colors[level];
    options.write(color === undefined ? line : styleText(color, line, { validateStream: false }));
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => createLogger(options, { ...base, ...fields }),
    get dropped() {
      return options.dropped?.() ?? 0;
    },
  };
}

const COLORS = { debug: "dim", warn: "yellow", error: "red" } as const;

/** The message of an error and of its causes, on one line. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || error.name;
  const cause = error.cause === undefined ? "" : errorText(error.cause);
  // Some libraries repeat the cause in their own message.
  return own.includes(cause) ? own : `${own}: ${cause}`;
}

function plain(fields: LogFields): Record<string, string | number | boolean | null> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, value instanceof Error ? errorText(value) : value as string]),
  );
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ time, level, message, ...plain(fields) });
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const tail = Object.entries(plain(fields)).map(([key, value]) => {
    const text = String(value);
    return `${key}=${/[\s"]/.test(text) ? JSON.stringify(text) : text}`;
  });
  return [time.slice(11, 24), level.toUpperCase().padEnd(5), message.replaceAll("\n", "\\n"), ...tail].join(
    " ",
  );
}
