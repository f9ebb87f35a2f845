import { anyText, oneOf, optional, urlOf } from "./parsers.ts";
import { certificateFile } from "../transport/pem.ts";
import { setting, type Values } from "./setting.ts";

/** Settings of the schema registry, and whether values are written as it wants them. */
export const registrySettings = {
  registryUrl: setting({
    flag: "schema-registry-url",
    env: "SCHEMA_REGISTRY_URL",
    default: "",
    meaning:
      "Schema registry with Confluent's API, such as http://127.0.0.1:8081; values in Confluent's wire format are read where it is set",
    parse: optional(baseUrl),
  }),
  registryUser: setting({
    flag: "schema-registry-user",
    env: "SCHEMA_REGISTRY_USER",
    default: "",
    meaning: "Its login",
    parse: anyText,
  }),
  registryPassword: setting({
    env: "SCHEMA_REGISTRY_PASSWORD",
    default: "",
    meaning: "Its password (environment only)",
    secret: true,
    parse: anyText,
  }),
  registryCaFile: setting({
    flag: "schema-registry-ca-file",
    env: "SCHEMA_REGISTRY_CA_FILE",
    default: "",
    meaning: "PEM file of CAs to trust besides the public ones",
    parse: certificateFile,
  }),
  valueFormat: setting({
    flag: "kafka-value-format",
    env: "KAFKA_VALUE_FORMAT",
    default: "avro",
    meaning:
      "How values are written: avro (plain, the schema named in a header), or confluent (the schema registered, its id before the message)",
    parse: oneOf("avro", "confluent"),
  }),
};

function baseUrl(text: string): URL {
  const url = urlOf("http:", "https:")(text);
  if (url.search !== "") throw new RangeError("an address without a question mark");
  return url;
}

/** What every role that reads the topic needs of the schema registry. */
export const REGISTRY = [
  "registryUrl",
  "registryUser",
  "registryPassword",
  "registryCaFile",
] as const satisfies (keyof typeof registrySettings)[];

export type RegistrySettings = Values<typeof registrySettings, typeof REGISTRY[number]>;
