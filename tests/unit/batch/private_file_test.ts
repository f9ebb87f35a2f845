import { assertEquals, assertRejects } from "@std/assert";
import { type FileSystem, writeWhole } from "../../../src/batch/files/private_file.ts";

/** A file system in memory, whose disk takes so many bytes. */
class MemoryFiles implements FileSystem {
  readonly files = new Map<string, string>();

  constructor(public room = Infinity) {}

  create(path: string) {
    if (this.files.has(path)) return Promise.reject(new Error("exists"));
    this.files.set(path, "");
    return Promise.resolve({
      write: (bytes: Uint8Array) => {
        if (this.room <= 0) return Promise.reject(new Error("no space"));
        const taken = bytes.subarray(0, 3);
        this.room -= taken.length;
        this.files.set(path, this.files.get(path)! + new TextDecoder().decode(taken));
        return Promise.resolve(taken.length);
      },
      sync: () => Promise.resolve(),
      close: () => {},
    });
  }

  remove(path: string) {
    this.files.delete(path);
    return Promise.resolve();
  }

  rename(from: string, to: string) {
    this.files.set(to, this.files.get(from)!);
    return this.remove(from);
  }
}

const text = (words: string) => [new TextEncoder().encode(words)];

Deno.test("a file is there whole, in place of what was there, also of what was left unfinished", async () => {
  const files = new MemoryFiles();
  files.files.set("a", "old");
  files.files.set("a.part", "a link, or the rest of an earlier run");
  await writeWhole(files, "a", ".part", text("new content"));
  assertEquals([...files.files], [["a", "new content"]]);
});

Deno.test("a disk that is full leaves what was there, and nothing else", async () => {
  const files = new MemoryFiles(5);
  files.files.set("a", "old");
  await assertRejects(() => writeWhole(files, "a", ".part", text("new content")), Error, "no space");
  assertEquals([...files.files], [["a", "old"]]);
});
