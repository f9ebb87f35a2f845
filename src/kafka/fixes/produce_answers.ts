import v3 from "kafkajs/src/protocol/requests/produce/v3/response.js";
import v4 from "kafkajs/src/protocol/requests/produce/v4/response.js";
import v5 from "kafkajs/src/protocol/requests/produce/v5/response.js";
import v6 from "kafkajs/src/protocol/requests/produce/v6/response.js";
import v7 from "kafkajs/src/protocol/requests/produce/v7/response.js";

interface Produced {
  topics: { partitions: unknown[] }[];
}

/**
 * kafkajs 2.2.4 takes an answer that names no partition for a success, and counts its sequence numbers as used: whoever then sends
 * again doubles what the broker has. As a failure it is repeated under the same numbers.
 *
 * Source: src/protocol/requests/produce/v3/response.js, src/producer/sendMessages.js.
 */
export function requireAcknowledgement(): void {
  for (const answer of [v3, v4, v5, v6, v7] as unknown as { parse(data: Produced): Promise<Produced> }[]) {
    const parse = answer.parse;
    answer.parse = async (data) => {
      const parsed = await parse(data);
      if (parsed.topics.every(({ partitions }) => partitions.length === 0)) {
        throw new Error("the broker's answer to a request to write names no partition");
      }
      return parsed;
    };
  }
}
