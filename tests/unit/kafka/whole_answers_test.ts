import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { wholeAnswers } from "../../../src/kafka/fixes/whole_answers.ts";

function answer(...bytes: number[]): number[] {
  return [0, 0, 0, bytes.length, ...bytes];
}

/** What is handed on, and what is wrong, for chunks. */
function read(chunks: readonly (readonly number[])[], handOn: (answer: Buffer) => void = () => {}) {
  const answers: number[][] = [];
  const errors: string[] = [];
  const take = wholeAnswers((each) => {
    answers.push([...each]);
    handOn(each);
  }, ({ message }) => errors.push(message));
  for (const chunk of chunks) take(Buffer.from(chunk));
  return { answers, errors };
}

Deno.test("answers come whole, however their bytes come, and none comes that was cut", () => {
  const answers = fc.array(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 }), { maxLength: 5 });
  fc.assert(fc.property(answers, fc.array(fc.nat(100)), fc.nat(3), (bodies, cuts, lacking) => {
    const frames = bodies.map((body) => answer(...body));
    const bytes = frames.flat().slice(0, lacking === 0 ? undefined : -lacking);
    const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
    const chunks = places.slice(1).map((end, i) => bytes.slice(places[i], end));
    const whole = lacking > 0 && bodies.length > 0 ? frames.slice(0, -1) : frames;
    assertEquals(read(chunks), { answers: whole, errors: [] });
  }));
});

Deno.test("an answer of an absurd length, and one that its reader cannot take, end the connection once", () => {
  // Above 256 MiB, the longest there is, and two that are negative.
  for (const length of [[0x10, 0, 0, 1], [0x7f, 255, 255, 255], [255, 255, 255, 255], [0x80, 0, 0, 0]]) {
    const { answers, errors } = read([answer(1), length, [1, 2, 3], answer(2)]);
    assertEquals([answers.length, errors.length], [1, 1]);
  }
  assertEquals(read([answer(1), [0x10, 0, 0, 0], [1, 2, 3]]).errors, [], "256 MiB are waited for");
  const fails = () => {
    throw new RangeError("no id");
  };
  assertEquals(read([answer(1), answer(2)], fails).errors, ["the broker's answer is none"]);
});
