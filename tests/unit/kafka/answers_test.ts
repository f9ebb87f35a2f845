import { assert, assertEquals } from "@std/assert";
import { KAFKA_ANSWERS, kafkaAnswer, kafkaErrorCode } from "../../../src/kafka/answers.ts";

Deno.test("every error code that kafkajs knows has an answer, under the same name but where Kafka renamed it", async () => {
  const { errorCodes } = (await import("kafkajs/src/protocol/error.js")).default as unknown as {
    errorCodes: { code: number; type: string }[];
  };
  const renamed: Record<string, string> = {
    UNKNOWN: "UNKNOWN_SERVER_ERROR",
    NOT_LEADER_FOR_PARTITION: "NOT_LEADER_OR_FOLLOWER",
    GROUP_LOAD_IN_PROGRESS: "COORDINATOR_LOAD_IN_PROGRESS",
    GROUP_COORDINATOR_NOT_AVAILABLE: "COORDINATOR_NOT_AVAILABLE",
    NOT_COORDINATOR_FOR_GROUP: "NOT_COORDINATOR",
  };
  assert(errorCodes.length > 80);
  for (const { code, type } of errorCodes) {
    assertEquals(KAFKA_ANSWERS.get(code)?.name, renamed[type] ?? type);
  }
});

Deno.test("who can do something about what waits or ends is told what", () => {
  for (const { answer, name, remedy } of KAFKA_ANSWERS.values()) {
    if (answer === "split") assert(remedy !== undefined, name);
    if (answer === "end") assert(remedy !== undefined || /TOPIC_DELETION|METADATA_TOO/.test(name), name);
  }
});

Deno.test("kafkaAnswer() finds the broker's answer however deep an error of kafkajs has it", () => {
  const tooLarge = Object.assign(new Error("too large"), { name: "KafkaJSProtocolError", code: 10 });
  const exceeded = Object.assign(new Error("retries"), { cause: tooLarge });
  const older = Object.assign(new Error("retries"), { originalError: tooLarge });
  const several = Object.assign(new Error("several"), { errors: [new Error("x"), older] });
  for (const error of [tooLarge, exceeded, older, several]) {
    assertEquals([kafkaErrorCode(error), kafkaAnswer(error).answer], [10, "split"]);
  }
  const round = new Error("round");
  round.cause = round;
  for (
    const error of [round, null, "x", Object.assign(new Error(), { code: "ECONNREFUSED" }), { code: -99 }]
  ) {
    assertEquals(kafkaErrorCode(error), undefined);
    assertEquals(kafkaAnswer(error).answer, "again");
  }
  assertEquals(kafkaAnswer(Object.assign(new Error(), { name: "KafkaJSOffsetOutOfRange" })).answer, "anew");
});
