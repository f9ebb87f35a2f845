import { readCommand } from "./cli.ts";
import { dropFiles } from "./permissions.ts";
import { secretValues, SettingError } from "../settings/read_settings.ts";
import { createLogger, errorText, redactor } from "../telemetry/log.ts";
import { openFiles } from "../transport/open_files.ts";

/** How long a role may take to flush after the first signal, in milliseconds. */
const STOP_LIMIT_MS = 10_000;

/** Runs the command line and resolves to the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const env = (name: string) => Deno.env.get(name);
  const redact = redactor(secretValues(env));
  try {
    const command = readCommand(args, env);
    if (command.kind === "print") {
      console.log(command.text);
      return 0;
    }
    const { logFormat, logLevel } = command.settings;
    const log = createLogger({
      level: logLevel,
      format: logFormat === "auto" ? (Deno.stderr.isTerminal() ? "text" : "json") : logFormat,
      secrets: secretValues(env),
      write: (line) => console.error(line),
      now: Date.now,
    }, { role: command.role.name });
    const context = { ...command, log, signal: stopSignal(), print: (line: string) => console.log(line) };
    openFiles(command.settings, log);
    dropFiles(command.role);
    return await command.role.run(context);
  } catch (error) {
    console.error(`finnhub-pipe: ${redact(errorText(error))}`);
    return error instanceof SettingError ? 2 : 1;
  }
}

/** Aborted by the first SIGTERM or SIGINT; a second one, or the stop limit, ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(1);
    controller.abort();
    Deno.unrefTimer(setTimeout(() => {
      console.error(
        "finnhub-pipe: not stopped within 10 s, giving up; what was not committed is read again at the next start",
      );
      Deno.exit(1);
    }, STOP_LIMIT_MS));
  };
  Deno.addSignalListener("SIGTERM", onSignal);
  Deno.addSignalListener("SIGINT", onSignal);
  return controller.signal;
}
