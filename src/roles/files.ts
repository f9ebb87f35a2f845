import { type Bookmark, BookmarkError, parseBookmark } from "../batch/files/bookmark.ts";
import { type FileSystem, writeWhole } from "../batch/files/private_file.ts";
import { gunzip } from "../finnhub/gunzip.ts";
import { SettingError } from "../settings/read_settings.ts";

/** The file system of this machine. */
export const FILES = {
  create: (path: string) => Deno.open(path, { write: true, createNew: true, mode: 0o600 }),
  /** Makes a folder that nobody else may look into, and those above it, where they are missing. */
  folder: (path: string) => Deno.mkdir(path, { recursive: true, mode: 0o700 }),
  remove: async (path: string) => {
    try {
      await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  },
  rename: (from: string, to: string) => Deno.rename(from, to),
} satisfies FileSystem & Record<string, unknown>;

/** A file of trades, and how much of it was read. */
export interface ImportFile {
  /** What is in it, decompressed. */
  bytes: ReadableStream<Uint8Array>;
  /** Bytes of the file. */
  size: number;
  /** Bytes of it that were read so far. */
  read: () => number;
}

/**
 * Opens a file that is to be imported.
 *
 * @throws {SettingError} if the file cannot be opened
 */
export async function openImport(file: string): Promise<ImportFile> {
  try {
    const { readable } = await Deno.open(file);
    const { isDirectory, size } = await Deno.stat(file);
    if (isDirectory) throw new Deno.errors.IsADirectory();
    let read = 0;
    const counted = readable.pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: (chunk, controller) => {
          read += chunk.length;
          controller.enqueue(chunk);
        },
      }),
    );
    return { bytes: /\.gz$/i.test(file) ? counted.pipeThrough(gunzip()) : counted, size, read: () => read };
  } catch (error) {
    throw new SettingError(`--import: ${file} cannot be read (${(error as Error).name})`);
  }
}

/**
 * What an earlier run of a task has kept in a file; undefined where there is none.
 *
 * @throws {SettingError} for a file that cannot be used
 */
export async function readBookmark(file: string, task: string): Promise<Bookmark | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new SettingError(`--state: ${file} cannot be read (${(error as Error).name})`);
  }
  try {
    return parseBookmark(text, task);
  } catch (error) {
    if (!(error instanceof BookmarkError)) throw error;
    throw new SettingError(`--state: ${file} ${error.message}; remove it or name another`);
  }
}

/** Replaced in one step, so that a killed run leaves the one before. */
export async function keepBookmark(file: string, bookmark: Bookmark): Promise<void> {
  await writeWhole(FILES, file, ".new", [new TextEncoder().encode(JSON.stringify(bookmark))]);
}
