import { inTime } from "../async/wait.ts";
import type { RoleContext } from "../command/role.ts";
import { readBounded } from "../finnhub/bounded_body.ts";
import { SettingError } from "../settings/read_settings.ts";
import { errorText } from "../telemetry/log.ts";

const DEFAULT = "http://127.0.0.1:8080/readyz";
const TIMEOUT_MS = 5000;
/** A role's answer is a line for each thing that it waits for. */
const MAX_BYTES = 64 * 1024;

/**
 * Asks a role on this machine whether it is ready, and prints its answer: for health checks in an image that has neither
 * shell nor curl. The exit code is 0 when it is ready and 1 when it is not or does not answer within 5 s.
 *
 * @throws {SettingError} for an address that is no http URL
 */
export async function run({ print, signal, words }: RoleContext<never>): Promise<number> {
  const url = addressOf(words);
  try {
    return await inTime(TIMEOUT_MS, signal, async (either) => {
      const response = await fetch(url, { signal: either, redirect: "error" });
      print((await readBounded(response, MAX_BYTES)).trim());
      return response.ok ? 0 : 1;
    });
  } catch (error) {
    print(`${url.host} does not answer: ${errorText(error)}`);
    return 1;
  }
}

function addressOf([address = DEFAULT, ...more]: readonly string[]): URL {
  const url = URL.parse(address);
  if (more.length === 0 && url?.protocol === "http:" && url.username === "") return url;
  throw new SettingError(`healthcheck takes one http address, such as: finnhub-pipe healthcheck ${DEFAULT}`);
}
