import type { LogMessage } from "../../src/processing/ports.ts";

/** An offset that is taken: by a message, or by something that nobody is given, such as a transaction's marker. */
export interface Entry {
  offset: number;
  /** Undefined for what is no message. */
  message: LogMessage | undefined;
}

class Partition {
  entries: Entry[] = [];
  /** Offset that the next entry gets. */
  end = 0;

  get first(): number {
    return this.entries[0]?.offset ?? this.end;
  }
}

/** A message that the log has accepted, also when it has dropped it since. */
export interface AcceptedMessage {
  /** Life of the topic, from 1. */
  life: number;
  partition: number;
  message: LogMessage;
}

/** A topic as its brokers keep it, and where its group stands. */
export class ModelLog {
  partitions: Partition[] = [];
  /** In the order of their coming. */
  readonly accepted: AcceptedMessage[] = [];
  /** Life of the topic, from 1: raised when it is made anew. */
  life = 0;
  /** First offset that is not committed, by partition; -1 for none. */
  committed: number[] = [];
  /** Raised with each rebalance: what a member of an earlier one says does not count. */
  generation = 0;

  constructor(partitions: number) {
    this.makeAnew(partitions);
  }

  /** Deletes the topic, if there is one, and makes it with another life. Committed offsets go with it. */
  makeAnew(partitions: number): void {
    this.partitions = Array.from({ length: partitions }, () => new Partition());
    this.committed = new Array(partitions).fill(-1);
    this.life++;
  }

  addPartitions(count: number): void {
    while (this.partitions.length < count) {
      this.partitions.push(new Partition());
      this.committed.push(-1);
    }
  }

  append(number: number, message: Omit<LogMessage, "offset">): void {
    const partition = this.partitions[number]!;
    const whole = { ...message, offset: partition.end++ };
    partition.entries.push({ offset: whole.offset, message: whole });
    this.accepted.push({ life: this.life, partition: number, message: whole });
  }

  /** Takes an offset by what nobody is given. */
  mark(number: number): void {
    const partition = this.partitions[number]!;
    partition.entries.push({ offset: partition.end++, message: undefined });
  }

  /** Drops what is committed, as retention does once it is old. */
  drop(number: number): void {
    const partition = this.partitions[number]!;
    const keep = Math.max(0, this.committed[number]!);
    partition.entries = partition.entries.filter(({ offset }) => offset >= keep);
  }

  /** The next entries from an offset on, at most `count`. */
  read(number: number, from: number, count: number): Entry[] {
    return this.partitions[number]?.entries.filter(({ offset }) => offset >= from).slice(0, count) ?? [];
  }

  /** Whether every entry is committed. */
  get drained(): boolean {
    return this.partitions.every(({ entries, end }, i) =>
      Math.max(0, this.committed[i]!) >= (entries.findLast(({ message }) => message)?.offset ?? -1) + 1 ||
      end === 0
    );
  }
}
