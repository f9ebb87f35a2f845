import { assert, assertEquals } from "@std/assert";
import { LineSink } from "../../../src/telemetry/line_sink.ts";

/** A file that takes a few bytes at a time, until it is told to fail or to hang. */
class SlowFile {
  text = "";
  state: "open" | "full" | Promise<void> = "open";

  write(bytes: Uint8Array): Promise<number> {
    if (this.state === "full") return Promise.reject(new Error("No space left on device"));
    const take = bytes.subarray(0, 7);
    const taken = () => {
      this.text += new TextDecoder().decode(take);
      return take.length;
    };
    return this.state === "open" ? Promise.resolve(taken()) : this.state.then(taken);
  }
}

Deno.test("lines are written whole and in order, however few bytes are taken at a time", async () => {
  const file = new SlowFile();
  const sink = new LineSink({ write: (bytes) => file.write(bytes) });
  for (const line of ["the first line", "é", "the third line"]) sink.add(line);
  await sink.flush();
  assertEquals(file.text, "the first line\né\nthe third line\n");
  assertEquals(sink.dropped, 0);
});

Deno.test("a line that comes just as the writing ends is written, however long ago that was", async () => {
  for (let turns = 0; turns < 20; turns++) {
    const file = new SlowFile();
    const sink = new LineSink({ write: (bytes) => file.write(bytes) });
    sink.add("first");
    for (let i = 0; i < turns; i++) await null;
    sink.add("last");
    await sink.flush();
    assertEquals(file.text, "first\nlast\n", `after ${turns} microtasks`);
  }
});

Deno.test("a full disk drops lines and counts them; when there is room again the number is told", async () => {
  const file = new SlowFile();
  const sink = new LineSink({ write: (bytes) => file.write(bytes) });
  file.state = "full";
  for (let i = 0; i < 3; i++) sink.add(`lost ${i}`);
  await sink.flush();
  assertEquals([file.text, sink.dropped], ["", 3]);
  file.state = "open";
  sink.add("back");
  await sink.flush();
  assertEquals(file.text, "back\nfinnhub-pipe: 3 log lines were dropped: they could not be written\n");
  sink.add("again");
  await sink.flush();
  assert(file.text.endsWith("again\n"));
});

Deno.test("a reader that hangs holds no more than the bound, and nobody waits for it", async () => {
  const file = new SlowFile();
  const hang = Promise.withResolvers<void>();
  file.state = hang.promise;
  const sink = new LineSink({ write: (bytes) => file.write(bytes), maxBytes: 100 });
  for (let i = 0; i < 1000; i++) sink.add("0123456789");
  assertEquals(sink.dropped, 991);
  hang.resolve();
  await sink.flush();
  assertEquals(file.text.split("\n").filter((line) => line === "0123456789").length, 9);
});
