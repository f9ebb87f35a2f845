import { MessageError, SCHEMA_TEXT } from "../market/message.ts";
import { MAX_SCHEMA_ID } from "../market/wire_format.ts";
import type { SchemaSource } from "../processing/ports.ts";
import { type Answer, AnswerTooLarge, type Exchange, RegistryError } from "./http.ts";
import type { RegistryMetrics } from "./metrics.ts";

/** The registry refuses our schema; the message says why, and what to do. */
export class SchemaRefused extends Error {
  override name = "SchemaRefused";
}

/** Whether a subject has our schema, or could take it. */
export type Standing = "registered" | "compatible" | "no schema yet" | "incompatible";

const NO_SUBJECT = 40_401;
const NO_VERSION = 40_402;
const NO_SCHEMA = 40_403;

/** Subject of a topic's values, by the strategy that all of Confluent's clients start with. */
export const subjectOf = (topic: string): string => `${topic}-value`;

/**
 * What is used of Confluent's API for schemas, which other registries speak too.
 *
 * Source: Confluent, "Schema Registry API Reference".
 */
export class SchemaRegistry implements SchemaSource {
  constructor(readonly exchange: Exchange, readonly metrics?: RegistryMetrics) {}

  async schema(id: number, signal: AbortSignal): Promise<string> {
    if (id > MAX_SCHEMA_ID) throw new MessageError(`schema ${id} cannot be: ids end at ${MAX_SCHEMA_ID}`);
    let answer: Answer;
    try {
      answer = await this.#ask(`/schemas/ids/${id}`, signal);
    } catch (error) {
      if (!(error instanceof AnswerTooLarge)) throw error;
      throw new MessageError(`schema ${id} cannot be read: ${error.message}`);
    }
    const { body: { references, schema, schemaType = "AVRO" }, code, status } = answer;
    if (code === NO_SCHEMA) throw new MessageError(`schema ${id} is not in the schema registry`);
    if (status !== 200 || typeof schema !== "string") throw unexpected(answer);
    if (schemaType !== "AVRO") {
      throw new MessageError(`schema ${id} is not Avro but ${String(schemaType).slice(0, 20)}`);
    }
    if (Array.isArray(references) && references.length > 0) {
      throw new MessageError(`schema ${id} refers to others, which is not supported`);
    }
    return schema;
  }

  /**
   * Registers our schema for a topic's values, unless it is there; its id.
   *
   * @throws {SchemaRefused} when the registry will not have it; every other error may pass
   */
  async register(topic: string, signal: AbortSignal): Promise<number> {
    const subject = subjectOf(topic);
    const answer = await this.#ask(`/subjects/${encodeURIComponent(subject)}/versions`, signal, OURS);
    const { body: { id }, message, status } = answer;
    if (status === 409) {
      throw new SchemaRefused(
        `the schema registry refuses our schema: it is not compatible with what subject ${subject} has (${message}); ` +
          "change the subject's compatibility, take another KAFKA_TOPIC_NAME, or set KAFKA_VALUE_FORMAT=avro",
      );
    }
    if (status === 422) {
      throw new SchemaRefused(
        `the schema registry does not take our schema for subject ${subject} (${message}); ` +
          "see that it takes Avro, or set KAFKA_VALUE_FORMAT=avro",
      );
    }
    if (status !== 200 || !Number.isInteger(id) || (id as number) < 0 || (id as number) > MAX_SCHEMA_ID) {
      throw unexpected(answer);
    }
    return id as number;
  }

  /** How our schema stands with a topic's values; changes nothing. */
  async standing(topic: string, signal: AbortSignal): Promise<Standing> {
    const subject = encodeURIComponent(subjectOf(topic));
    const found = await this.#ask(`/subjects/${subject}`, signal, OURS);
    if (found.status === 200) return "registered";
    if (found.code === NO_SUBJECT) return "no schema yet";
    if (found.code !== NO_SCHEMA) throw unexpected(found);
    const tried = await this.#ask(`/compatibility/subjects/${subject}/versions/latest`, signal, OURS);
    if (tried.code === NO_SUBJECT || tried.code === NO_VERSION) return "no schema yet";
    if (typeof tried.body.is_compatible !== "boolean") throw unexpected(tried);
    return tried.body.is_compatible ? "compatible" : "incompatible";
  }

  async #ask(path: string, signal: AbortSignal, json?: unknown): Promise<Answer> {
    this.metrics?.requests.add();
    try {
      return await this.exchange(path, signal, json);
    } catch (error) {
      if (!signal.aborted) this.metrics?.failures.add();
      throw error;
    }
  }
}

const OURS = { schema: SCHEMA_TEXT };

const unexpected = ({ code, message, status }: Answer) =>
  new RegistryError(
    `the schema registry answers otherwise than its API has it (${status}, ${code} ${message}); check SCHEMA_REGISTRY_URL`,
  );
