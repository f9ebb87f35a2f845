import { SettingError } from "../settings/read_settings.ts";
import type { RegistrySettings } from "../settings/registry.ts";
import { errorText } from "../telemetry/log.ts";
import { readBounded } from "../finnhub/bounded_body.ts";
import type { NamedFile } from "../transport/named_file.ts";
import { inTime } from "../async/wait.ts";

/** A request that may be answered another time; the message names the remedy. */
export class RegistryError extends Error {
  override name = "RegistryError";
}

/** What the registry said, with a status that means something in its API. */
export interface Answer {
  status: number;
  /** By which the API tells one refusal from another; 0 for none. */
  code: number;
  body: Record<string, unknown>;
  /** The reason of a refusal, for people. */
  message: string;
}

/** An answer larger than is taken of a schema. */
export class AnswerTooLarge extends RegistryError {}

const TIMEOUT_MS = 5000;
const MAX_BODY_BYTES = 262_144;
const MAX_MESSAGE = 300;
const CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";

/** Sends one request. */
export type Exchange = (path: string, signal: AbortSignal, json?: unknown) => Promise<Answer>;

/**
 * Speaks HTTP to the registry that the settings name; undefined when they name none. No request follows a redirect: the
 * login stays with its host.
 *
 * @throws {SettingError} for a login of which half is missing.
 */
export function registryExchange(settings: RegistrySettings, send: typeof fetch): Exchange | undefined {
  const { registryCaFile, registryPassword, registryUrl, registryUser } = settings;
  if (registryUrl === undefined) return undefined;
  if ((registryUser === "") !== (registryPassword === "")) {
    const [has, lacks] = registryUser === "" ? ["PASSWORD", "USER"] : ["USER", "PASSWORD"];
    throw new SettingError(
      `SCHEMA_REGISTRY_${has} is set and SCHEMA_REGISTRY_${lacks} is not; a login needs both`,
    );
  }
  const base = registryUrl.href.replace(/\/$/, "");
  const headers: Record<string, string> = { accept: `${CONTENT_TYPE}, application/json` };
  if (registryUser !== "") headers.authorization = basic(registryUser, registryPassword);
  const trusting = registryCaFile && new TrustingClient(registryCaFile);
  return async (path, signal, json) => {
    try {
      return await inTime(TIMEOUT_MS, signal, async (either) => {
        const response = await send(`${base}${path}`, {
          headers: json === undefined ? headers : { ...headers, "content-type": CONTENT_TYPE },
          redirect: "error",
          signal: either,
          ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
          ...(trusting && { client: trusting.client }),
        });
        return await readAnswer(response);
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof RegistryError) throw error;
      throw new RegistryError(
        `the schema registry is not reached (${errorText(error)}); check SCHEMA_REGISTRY_URL`,
      );
    }
  };
}

async function readAnswer(response: Response): Promise<Answer> {
  const { status } = response;
  let text: string;
  try {
    text = await readBounded(response, MAX_BODY_BYTES);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AnswerTooLarge(`the schema registry's answer is ${error.message}`);
  }
  const body = objectIn(text);
  const code = Number(body?.error_code ?? 0);
  // deno-lint-ignore no-control-regex
  const message = String(body?.message ?? "").slice(0, MAX_MESSAGE).replaceAll(/[\x00-\x1f\x7f]+/g, " ");
  if (status === 401 || status === 403) {
    throw new RegistryError(
      `the schema registry refuses the login (${status}); check SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD`,
    );
  }
  // Of a 404 without a code of the API's own, the address is wrong and not what was asked for.
  const refused = status === 409 || status === 422 || (status === 404 && code > 40_400);
  if (body === undefined || (status !== 200 && !refused)) {
    const remedy = status >= 500 || status === 429 ? "see how it is" : "check SCHEMA_REGISTRY_URL";
    throw new RegistryError(`the schema registry answers ${status} ${message}; ${remedy}`);
  }
  return { status, code, body, message };
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function basic(user: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}

/** Trusts the CAs of a file besides the public ones; made anew when the file has changed. */
class TrustingClient {
  #made: { text: string; client: Deno.HttpClient } | undefined;

  constructor(readonly ca: NamedFile) {}

  get client(): Deno.HttpClient {
    const { text } = this.ca;
    if (this.#made?.text !== text) this.#made = { text, client: Deno.createHttpClient({ caCerts: [text] }) };
    return this.#made.client;
  }
}
