import { SettingError } from "../settings/read_settings.ts";
import type { SettingName } from "../settings/settings.ts";
import { SETTINGS } from "../settings/settings.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import follower from "./follow_files.js" with { type: "text" };
import { MAX_BYTES, NamedFile } from "./named_file.ts";

/** Milliseconds between two looks at the files. */
const LOOK_EVERY_MS = 5000;

/** What the worker tells: one of both is there. */
interface News {
  path: string;
  text?: string;
  error?: string;
}

/**
 * Reads the files that settings name, and keeps them up to date for as long as the process lives: certificates are
 * renewed on the disk. A worker does it whose only right is to read these files, so that the process can give up its own.
 *
 * @throws {SettingError} for a file that cannot be read or used.
 */
export function openFiles(settings: Record<string, unknown>, log: Logger): void {
  const files: NamedFile[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (!(value instanceof NamedFile)) continue;
    open(value, SETTINGS[name as SettingName].env);
    files.push(value);
  }
  if (files.length > 0) follow(files, log);
}

function open(file: NamedFile, variable: string): void {
  try {
    const { isFile, size } = Deno.statSync(file.path);
    if (!isFile || size > MAX_BYTES) throw new RangeError(`a file of at most ${MAX_BYTES} bytes`);
    file.take(Deno.readTextFileSync(file.path));
  } catch (error) {
    const problem = error instanceof RangeError
      ? `must be ${error.message} (it is ${JSON.stringify(file.path.slice(0, 200))})`
      : `names a file that cannot be read: ${
        errorText(error)
      }; check the path and that this user may read it`;
    throw new SettingError(`${variable} ${problem}`);
  }
}

function follow(files: readonly NamedFile[], log: Logger): void {
  const worker = new Worker(`data:application/javascript,${encodeURIComponent(follower)}`, {
    type: "module",
    deno: {
      permissions: {
        read: files.map(({ path }) => path),
        env: false,
        ffi: false,
        import: false,
        net: false,
        run: false,
        sys: false,
        write: false,
      },
    },
  });
  worker.onmessage = ({ data: { error, path, text } }: MessageEvent<News>) => {
    const unusable =
      "a file that a setting names cannot be used as it is now; what was read before stays in use";
    if (text === undefined) return log.warn(unusable, { file: path, error: error ?? "" });
    for (const file of files.filter((each) => each.path === path)) {
      try {
        file.take(text);
        log.info("a file that a setting names was read anew; new connections use it", { file: path });
      } catch (cause) {
        log.warn(unusable, { file: path, error: `it must be ${errorText(cause)}` });
      }
    }
  };
  const texts = files.map(({ path, text }) => [path, text]);
  worker.postMessage({ interval: LOOK_EVERY_MS, maxBytes: MAX_BYTES, texts });
}
