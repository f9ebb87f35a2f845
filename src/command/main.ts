import { readCommand, type Screen } from "./cli.ts";
import { isColored, PLAIN } from "./style.ts";
import { ProgressScreen } from "./progress.ts";
import type { Work } from "./role.ts";
import { dropEnvironment, dropRights } from "./permissions.ts";
import { secretValues, SettingError } from "../settings/read_settings.ts";
import type { Settings } from "../settings/settings.ts";
import { LineSink } from "../telemetry/line_sink.ts";
import { createLogger, errorText, type Logger, redactor, SHORTEST_SECRET } from "../telemetry/log.ts";
import { visible } from "../telemetry/visible.ts";
import { openFiles } from "../transport/open_files.ts";

/** How long a role may take to flush after the first signal, in milliseconds. */
const STOP_LIMIT_MS = 10_000;

/** How long the last log lines may take to be written, milliseconds. */
const LOG_FLUSH_MS = 1000;

/** Longest line of help, characters. */
const WIDEST = 120;

/** Runs the command line and resolves to the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const sink = new LineSink({ write: (bytes) => Deno.stderr.write(bytes) });
  try {
    return await runCommand(args, sink);
  } finally {
    await Promise.race([sink.flush(), new Promise((resolve) => setTimeout(resolve, LOG_FLUSH_MS))]);
  }
}

async function runCommand(args: readonly string[], sink: LineSink): Promise<number> {
  const env = (name: string) => Deno.env.get(name);
  let secrets = secretValues(env);
  try {
    const command = readCommand(args, env, screen());
    if (command.kind === "print") {
      console.log(command.text);
      return 0;
    }
    if (command.kind === "licences") {
      console.log(await notices());
      return 0;
    }
    const { color, logFormat, logLevel } = command.settings;
    secrets = secretValues((name) => env(name) || command.filed.get(name));
    const terminal = Deno.stderr.isTerminal();
    const log: Logger = createLogger({
      level: logLevel,
      format: logFormat === "auto" ? (terminal ? "text" : "json") : logFormat,
      color: isColored(color, { noColor: !!env("NO_COLOR"), terminal }),
      secrets: Object.values(secrets),
      write: (line) => sink.add(progress.line(line)),
      dropped: () => sink.dropped,
      now: Date.now,
    }, { role: command.role.name });
    const progress = new ProgressScreen({ terminal, log, clock: () => performance.now() });
    if (isServing(command.settings)) warnOfShortSecrets(secrets, log);
    quietConsole(sink);
    const signal = stopSignal(sink);
    const context = {
      ...command,
      log,
      signal,
      print: (line: string) => console.log(progress.line(visible(line))),
      progress: (work: Work) => progress.begin(work),
    };
    openFiles(command.settings, log);
    dropRights(command.role, command.settings);
    dropEnvironment();
    return await command.role.run(context);
  } catch (error) {
    sink.add(`finnhub-pipe: ${visible(redactor(Object.values(secrets))(errorText(error)))}`);
    return error instanceof SettingError ? 2 : 1;
  }
}

/** How wide the terminal is, where there is one: at most what reads well. */
function screen(): Screen {
  const terminal = Deno.stdout.isTerminal();
  return { terminal, columns: terminal ? Math.min(Deno.consoleSize().columns, WIDEST) : PLAIN.width };
}

/** Licences of others' work in the executable, collected by the build. */
async function notices(): Promise<string> {
  try {
    return await Deno.readTextFile(new URL("third-party-notices.txt", import.meta.url));
  } catch (cause) {
    throw new Error("the notices are made by the build; run make build and ask the executable", { cause });
  }
}

/** Whether the role runs on and logs, in place of answering once. */
const isServing = (settings: Partial<Settings>): boolean =>
  settings.httpListen !== undefined || settings.pageListen !== undefined;

function warnOfShortSecrets(secrets: Record<string, string>, log: Logger): void {
  for (const [variable, value] of Object.entries(secrets)) {
    if (value.length >= SHORTEST_SECRET) continue;
    const text =
      `a secret of fewer than ${SHORTEST_SECRET} characters is not kept out of logs; set a longer one`;
    log.warn(text, { variable });
  }
}

/** Output of libraries goes through the log: writing it directly throws when a disk is full. */
function quietConsole(sink: LineSink): void {
  const say = (...words: unknown[]) => sink.add(visible(words.map(String).join(" ")));
  Object.assign(console, { error: say, warn: say });
}

/** Aborted by the first SIGTERM or SIGINT; a second one, or the stop limit, ends the process at once. */
function stopSignal(sink: LineSink): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(1);
    controller.abort();
    Deno.unrefTimer(setTimeout(() => {
      sink.add(
        "finnhub-pipe: not stopped within 10 s, giving up; what was not committed is read again at the next start",
      );
      Deno.unrefTimer(setTimeout(() => Deno.exit(1), LOG_FLUSH_MS));
      sink.flush().then(() => Deno.exit(1));
    }, STOP_LIMIT_MS));
  };
  Deno.addSignalListener("SIGTERM", onSignal);
  Deno.addSignalListener("SIGINT", onSignal);
  return controller.signal;
}
