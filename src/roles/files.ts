import type { FileSystem } from "../batch/files/private_file.ts";

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
