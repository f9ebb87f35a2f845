import type { FileSystem } from "../batch/files/private_file.ts";

/** The file system of this machine. */
export const FILES: FileSystem = {
  create: (path) => Deno.open(path, { write: true, createNew: true, mode: 0o600 }),
  folder: (path) => Deno.mkdir(path, { recursive: true, mode: 0o700 }),
  remove: async (path) => {
    try {
      await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  },
  rename: (from, to) => Deno.rename(from, to),
};
