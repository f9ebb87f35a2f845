/** What writes a private file needs of the file system. */
export interface FileSystem {
  /** Makes a file that nobody else may read; fails where something has the name, a link included. */
  create(path: string): Promise<WritableFile>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

export interface WritableFile {
  write(bytes: Uint8Array): Promise<number>;
  sync(): Promise<void>;
  close(): void;
}

/**
 * Writes a file that appears under its name when all of it is there, and that nobody else may read. What an earlier run has left
 * unfinished is removed; a link in its place is removed, and not followed.
 *
 * @param suffix of the name while it is unfinished
 */
export async function writeWhole(
  files: FileSystem,
  path: string,
  suffix: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const unfinished = `${path}${suffix}`;
  await files.remove(unfinished);
  const file = await files.create(unfinished);
  try {
    for await (const chunk of bytes) {
      for (let done = 0; done < chunk.length;) done += await file.write(chunk.subarray(done));
    }
    await file.sync();
  } catch (error) {
    file.close();
    await files.remove(unfinished);
    throw error;
  }
  file.close();
  await files.rename(unfinished, path);
}
