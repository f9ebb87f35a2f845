import process from "node:process";
import { errorText, type Logger } from "../telemetry/log.ts";

/** What opens an address in the user's browser, by operating system. */
const OPENERS: Partial<Record<typeof Deno.build.os, [program: string, ...args: string[]]>> = {
  darwin: ["open"],
  windows: ["cmd", "/c", "start", ""],
};
const OTHERS: [string, ...string[]] = ["xdg-open"];

/**
 * Opens an address in the user's browser, then gives up the right to run programs. The program gets what is left of the
 * environment, without secrets. Where there is none, as on a server, a line says so.
 */
export async function openPage(url: string, log: Logger): Promise<void> {
  const [program, ...args] = OPENERS[Deno.build.os] ?? OTHERS;
  try {
    const child = new Deno.Command(program, {
      args: [...args, url],
      clearEnv: true,
      env: process.env as Record<string, string>,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    // It may be the browser itself, which stays.
    child.unref();
    Deno.permissions.revokeSync({ name: "run" });
    const { code } = await child.status;
    if (code !== 0) throw new Error(`${program} exits with ${code}`);
  } catch (error) {
    Deno.permissions.revokeSync({ name: "run" });
    log.warn("no browser could be opened; open the page by hand", { page: url, error: errorText(error) });
  }
}
