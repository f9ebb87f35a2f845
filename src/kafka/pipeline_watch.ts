import type { Admin, Kafka } from "kafkajs";
import { errorText, type Logger } from "../telemetry/log.ts";
import { delay } from "../async/wait.ts";
import { committedOffsets, deadLetterTopic, endOffsets } from "./topics/topics.ts";

export interface PipelineWatchOptions {
  kafka: Kafka;
  topic: string;
  /** Group of the processors. */
  groupId: string;
  log: Logger;
  /** Milliseconds between two looks. Default 2000. */
  pause?: number;
}

/** Looks now and then how far the processors are, and how many dead letters there are. */
export class PipelineWatch {
  /** Messages that the processors have not committed; undefined while not known. */
  lag: number | undefined;
  /** Messages on the dead-letter topic; undefined while not known. */
  deadLetters: number | undefined;

  constructor(readonly options: PipelineWatchOptions) {}

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { kafka, log, pause = 2000 } = this.options;
    let admin: Admin | undefined;
    while (!signal.aborted) {
      try {
        if (!admin) {
          admin = kafka.admin();
          await admin.connect();
        }
        await this.#look(admin);
      } catch (error) {
        this.lag = this.deadLetters = undefined;
        log.debug("the lag could not be read", { error: errorText(error) });
        await admin?.disconnect().catch(() => {});
        admin = undefined;
      }
      await delay(pause, signal).catch(() => {});
    }
    await admin?.disconnect().catch(() => {});
  }

  async #look(admin: Admin): Promise<void> {
    const { groupId, topic } = this.options;
    const ends = await endOffsets(admin, topic);
    const committed = await committedOffsets(admin, groupId, topic);
    this.lag = ends.reduce(
      (sum, end, partition) => sum + Math.max(0, end - Math.max(0, committed[partition] ?? 0)),
      0,
    );
    const letters = await admin.fetchTopicOffsets(deadLetterTopic(topic));
    this.deadLetters = letters.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  }
}
