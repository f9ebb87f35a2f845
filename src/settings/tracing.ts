import { optional, urlOf } from "./parsers.ts";
import { setting, type Values } from "./setting.ts";

/** Settings of OpenTelemetry, by its own names. */
export const tracingSettings = {
  otlpEndpoint: setting({
    flag: "otlp-endpoint",
    env: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: "",
    meaning:
      "Where traces of messages from feed to row go, by OTLP over HTTP, such as http://127.0.0.1:4318; none when empty",
    parse: optional(urlOf("http:", "https:")),
  }),
  otlpHeaders: setting({
    env: "OTEL_EXPORTER_OTLP_HEADERS",
    default: "",
    meaning: "Headers for it, name=value,name=value (environment only: they may hold a key)",
    secret: true,
    parse: headerList,
  }),
  traceRatio: setting({
    flag: "trace-ratio",
    env: "OTEL_TRACES_SAMPLER_ARG",
    default: "0.01",
    meaning: "Share of messages that are traced, from 0 to 1; the producer decides",
    parse: ratio,
  }),
};

function ratio(text: string): number {
  const value = Number(text);
  if (!/^(\d+|\d*\.\d+)$/.test(text) || !(value <= 1)) throw new RangeError("a number from 0 to 1");
  return value;
}

function headerList(text: string): Record<string, string> {
  const entries = text.split(",").filter((entry) => entry.trim() !== "").map((entry) => {
    const [, name, value] = /^([A-Za-z0-9-]+)=(.*)$/.exec(entry.trim()) ?? [];
    if (name === undefined) throw new RangeError("headers as name=value,name=value");
    return [name, value!] as const;
  });
  return Object.fromEntries(entries);
}

/** What a role needs to send traces. */
export const TRACING = [
  "otlpEndpoint",
  "otlpHeaders",
  "traceRatio",
] as const satisfies (keyof typeof tracingSettings)[];

export type TracingSettings = Values<typeof tracingSettings, typeof TRACING[number]>;
