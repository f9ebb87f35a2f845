import { boundedSchema } from "../market/avro/bounded_schema.ts";
import { type AvroMessage, decodeMessage, MessageError, otherVersions } from "../market/message.ts";
import { FRAME_BYTES, framedBy } from "../market/wire_format.ts";
import { schemaId } from "../market/avro/writer_schemas.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { backoff, delay, isAbort } from "../async/wait.ts";
import { plainDecoder } from "./decode.ts";
import type { Decoder, LogMessage, SchemaSource } from "./ports.ts";

export interface RegisteredSchemasOptions {
  source: SchemaSource;
  log: Logger;
  random: () => number;
  /** Milliseconds, monotonic. */
  clock: () => number;
  /** Aborted when the process gives up; what waits rejects. */
  signal: AbortSignal;
}

/** Reads messages of one schema. */
interface Reading {
  read(message: Uint8Array): AvroMessage;
  /** When to ask again. */
  until: number;
}

/** Ids that are remembered: a topic has a few in all its life. */
const MAX_IDS = 256;
/** How long an id without a schema is believed to have none, milliseconds: a registry's copies may lag a little. */
const ABSENT_MS = 1000;
/** Characters of an error in a dead letter's header: that of a schema may have the whole schema in it. */
const MAX_ERROR = 300;

/**
 * Reads Confluent's wire format beside plain Avro. An id means one schema for ever, so that each is asked for once; while its
 * source is away its messages wait, and none is skipped.
 */
export class RegisteredSchemas implements Decoder {
  /** Longest unused first. */
  readonly #known = new Map<number, Reading>();
  readonly #asked = new Map<number, Promise<Reading>>();
  #failing = 0;

  constructor(readonly options: RegisteredSchemasOptions) {}

  get stalled(): boolean {
    return this.#failing > 0;
  }

  /** Ids that are remembered. */
  get size(): number {
    return this.#known.size;
  }

  decode(message: LogMessage): AvroMessage | Promise<AvroMessage> {
    const { schema, value } = message;
    const id = schema === undefined && value !== null ? framedBy(value) : undefined;
    if (id === undefined) return plainDecoder.decode(message);
    const rest = value!.subarray(FRAME_BYTES);
    const reading = this.#remembered(id);
    return reading ? reading.read(rest) : this.#find(id).then(({ read }) => read(rest));
  }

  #remembered(id: number): Reading | undefined {
    const reading = this.#known.get(id);
    if (reading === undefined) return undefined;
    this.#known.delete(id);
    if (reading.until <= this.options.clock()) return undefined;
    this.#known.set(id, reading);
    return reading;
  }

  /** One request at a time for an id, whoever wants it. */
  #find(id: number): Promise<Reading> {
    let asked = this.#asked.get(id);
    if (!asked) {
      asked = this.#ask(id).finally(() => this.#asked.delete(id));
      this.#asked.set(id, asked);
    }
    return asked;
  }

  async #ask(id: number): Promise<Reading> {
    const { clock, source, signal } = this.options;
    let reading: Reading;
    try {
      const text = await this.#untilAnswered(id, () => source.schema(id, signal));
      reading = { read: readerOf(id, text), until: Infinity };
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      reading = { read: refusing(error), until: clock() + ABSENT_MS };
    }
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < MAX_IDS) break;
      this.#known.delete(oldest);
    }
    this.#known.set(id, reading);
    return reading;
  }

  async #untilAnswered(id: number, ask: () => Promise<string>): Promise<string> {
    const { log, random, signal } = this.options;
    let told: string | undefined;
    try {
      for (let attempt = 0;; attempt++) {
        signal.throwIfAborted();
        try {
          return await ask();
        } catch (error) {
          if (error instanceof MessageError || isAbort(error, signal)) throw error;
          const text = errorText(error);
          if (told === undefined) this.#failing++;
          if (told !== text) log.warn("messages wait for the schema registry", { schema: id, error: text });
          told = text;
          await delay(backoff(attempt, { base: 200, cap: 5000, random }), signal);
        }
      }
    } finally {
      if (told !== undefined) {
        this.#failing--;
        if (!signal.aborted) log.info("the schema registry answers again", { schema: id });
      }
    }
  }
}

/** Reads by a schema, or refuses each message of one that ours cannot read. */
function readerOf(id: number, text: string): Reading["read"] {
  try {
    const schema = boundedSchema(text);
    const others = otherVersions([schema]);
    const writer = schemaId(schema);
    return (message) => decodeMessage(message, writer, others);
  } catch (error) {
    const problem = errorText(error).slice(0, MAX_ERROR);
    return refusing(
      new MessageError(`schema ${id} of the registry cannot be read as one of trades: ${problem}`),
    );
  }
}

function refusing(error: MessageError): Reading["read"] {
  return () => {
    throw error;
  };
}
