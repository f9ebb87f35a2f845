import { assert, assertEquals } from "@std/assert";
import { assigned, minInSync } from "../../../../src/kafka/topics/replicas.ts";

Deno.test("a partition keeps its brokers and gets others, and each broker is first for its share", () => {
  for (const brokers of [[1, 2, 3], [0, 4, 5, 9]]) {
    const first = new Map<number, number>();
    for (let partition = 0; partition < 12; partition++) {
      for (const kept of [[brokers[0]!], [brokers[1]!, brokers[0]!]]) {
        const replicas = assigned(partition, kept, brokers, 3);
        assertEquals(new Set(replicas).size, 3);
        assert(kept.every((id) => replicas.includes(id)), "nothing is moved away");
      }
      const leader = assigned(partition, brokers.slice(0, 1), brokers, brokers.length)[0]!;
      first.set(leader, (first.get(leader) ?? 0) + 1);
    }
    assertEquals([...first.values()], brokers.map(() => 12 / brokers.length));
  }
});

Deno.test("a partition that has more replicas than wanted loses none", () => {
  assertEquals(assigned(1, [1, 2, 3], [1, 2, 3], 2), [2, 3, 1]);
});

Deno.test("with three replicas two must have a message, so that one may be away", () => {
  assertEquals([1, 2, 3, 4, 5].map(minInSync), [1, 1, 2, 3, 3]);
});
