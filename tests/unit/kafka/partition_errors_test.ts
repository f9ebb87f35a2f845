import { assertEquals } from "@std/assert";
import { type FetchedTopic, PartitionErrors } from "../../../src/kafka/fixes/partition_errors.ts";

const partition = (number: number, errorCode: number, length: number) => ({
  partition: number,
  errorCode,
  records: { length },
});

/** Sifts answers with an error of partition 0, at each time, and says at which the error is left in. */
function seenAt(times: readonly number[], others: number): number[] {
  let now = 0;
  const errors = new PartitionErrors(() => now);
  return times.filter((time) => {
    now = time;
    const topics: FetchedTopic[] = [{
      topicName: "market",
      partitions: [partition(0, 56, 0), partition(1, 0, others)],
    }];
    errors.sift(topics);
    assertEquals(topics[0]!.partitions.at(-1)!.partition, 1, "what others brought is left in");
    return topics[0]!.partitions.length === 2;
  });
}

Deno.test("the error of one partition is seen at once, then ever less often, while others bring messages", () => {
  const times = Array.from({ length: 300 }, (_, i) => 100 * i);
  assertEquals(seenAt(times, 1), [0, 300, 800, 1800, 3800, 7800, 12_800, 17_800, 22_800, 27_800]);
});

Deno.test("the error of one partition is always seen while no other brings messages", () => {
  const times = [0, 1, 2, 3];
  assertEquals(seenAt(times, 0), times);
});

Deno.test("an error that is over is seen at once when it comes again", () => {
  const errors = new PartitionErrors(() => 0);
  const left = [56, 56, 0, 56].map((errorCode) => {
    const topics = [{ topicName: "market", partitions: [partition(0, errorCode, 0), partition(1, 0, 9)] }];
    errors.sift(topics);
    return topics[0]!.partitions.length;
  });
  assertEquals(left, [2, 1, 2, 2]);
});
