import type { LogHandler, LogReader, PartitionProgress } from "../../src/processing/ports.ts";
import type { Chance } from "./chance.ts";
import type { ModelLog } from "./model_log.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** How often a group and its log misbehave; probabilities. */
export interface ReaderFaults {
  /** A commit is refused and not done. */
  commitRefused: number;
  /** A commit is done and its answer lost. */
  commitUnheard: number;
  /** A heartbeat is late, so that the group goes on without the member, who learns of it later. */
  membershipLost: number;
  /** A batch that was given up comes again. */
  batchAgain: number;
}

/** The members of a group, and who has which partition. */
export class ModelGroup {
  readonly members: ModelReader[] = [];
  /** What was seen to go wrong. */
  readonly problems: string[] = [];

  constructor(readonly log: ModelLog, readonly chance: Chance, readonly time: VirtualTime) {}

  /** Gives the partitions out anew. Members that do not know yet go on meanwhile with what they had. */
  rebalance(): void {
    this.log.generation++;
    const { members } = this;
    for (const member of members) member.due = [];
    if (members.length === 0) return;
    this.log.partitions.forEach((_, i) => members[(i + this.log.generation) % members.length]!.due.push(i));
    for (const member of members) member.learn(this.chance.wait(1500));
  }

  /** Whether every living member has joined with the newest layout. */
  get settled(): boolean {
    return this.members.every((member) => !member.alive() || member.generation === this.log.generation);
  }

  leave(member: ModelReader): void {
    const at = this.members.indexOf(member);
    if (at >= 0) this.members.splice(at, 1);
    this.rebalance();
  }
}

/** Reads the model log as one process does through a Kafka client. */
export class ModelReader implements LogReader {
  /** Partitions that the group gives it with the next join. */
  due: number[] = [];
  joined = false;
  /** Of the rebalance that it has last joined with. */
  generation = -1;
  #handler: LogHandler | undefined;
  /** Ends the deliveries of the present assignment. */
  #assignment = { over: false };
  #learning = false;
  /** First offset that was not yet taken, by partition of the present assignment. */
  #taken = new Map<number, number>();
  #over = false;

  /** @param alive false once the process was killed: then nothing that it asks is answered any more */
  constructor(
    readonly group: ModelGroup,
    readonly faults: ReaderFaults,
    readonly alive: () => boolean,
    /** Whether the store takes everything. */
    readonly healthy: () => boolean,
  ) {}

  async run(handler: LogHandler, signal: AbortSignal): Promise<void> {
    const { chance, time } = this.group;
    this.#handler = handler;
    await time.sleep(chance.wait(300));
    if (!this.alive()) return await forever();
    this.group.members.push(this);
    this.group.rebalance();
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    this.#assignment.over = true;
    const { generation } = this;
    const taken = this.healthy() ? new Map(this.#taken) : new Map<number, number>();
    await handler.stopping();
    if (!this.alive()) return await forever();
    if (this.generation === generation && !this.#learning) this.#seeAllCommitted(taken);
    this.#over = true;
    this.joined = false;
    this.group.leave(this);
  }

  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const { chance, log, time } = this.group;
    const generation = this.generation;
    const before = log.life;
    await time.sleep(chance.wait(100));
    if (!this.alive()) return await forever();
    if (generation !== log.generation) throw new Error("REBALANCE_IN_PROGRESS");
    if (chance.happens(this.faults.commitRefused)) throw new Error("COORDINATOR_NOT_AVAILABLE");
    if (log.life !== before) throw new Error("UNKNOWN_TOPIC_OR_PARTITION");
    for (const [partition, offset] of offsets) log.committed[partition] = offset;
    if (chance.happens(this.faults.commitUnheard)) throw new Error("connection closed");
  }

  async progress(): Promise<PartitionProgress[]> {
    const { chance, log, time } = this.group;
    await time.sleep(chance.wait(50));
    if (!this.alive()) return await forever();
    return log.partitions.map(({ end }, partition) => ({
      partition,
      end,
      committed: Math.max(0, log.committed[partition]!),
    }));
  }

  /** The group has gone on; this member notices after `ms` milliseconds, writes what it can, and joins again. */
  learn(ms: number): void {
    if (this.#learning) return;
    this.#learning = true;
    this.group.time.after(ms, () => void this.#rejoin());
  }

  async #rejoin(): Promise<void> {
    const { chance, log, time } = this.group;
    if (!this.alive() || this.#over) return;
    const handler = this.#handler!;
    this.joined = false;
    if (this.generation >= 0) {
      // A client waits for it only so long.
      await Promise.race([handler.revoking().catch(() => {}), time.sleep(chance.wait(3000) + 100)]);
    }
    this.#assignment.over = true;
    await time.sleep(chance.wait(200));
    this.#learning = false;
    if (!this.alive() || this.#over) return;
    const assignment = this.#assignment = { over: false };
    this.generation = log.generation;
    this.joined = true;
    this.#taken = new Map();
    const partitions = [...this.due];
    handler.assigned(partitions);
    for (const partition of partitions) {
      this.#deliver(partition, assignment, log.life).catch((error) => {
        if (!this.alive() || assignment.over) return;
        if (!(error instanceof Error)) throw error;
        // What a client does with an error of its user: it starts anew.
        this.learn(chance.wait(500));
      });
    }
  }

  /** A stop that nothing disturbs leaves nothing of what was taken to be read again. */
  #seeAllCommitted(taken: ReadonlyMap<number, number>): void {
    const { faults, group: { log }, healthy } = this;
    if (this.generation !== log.generation || faults.commitRefused + faults.commitUnheard > 0 || !healthy()) {
      return;
    }
    for (const [partition, offset] of taken) {
      if ((log.committed[partition] ?? -1) < offset) {
        this.group.problems.push(
          `stopped with ${partition} committed up to ${log.committed[partition]} of ${offset}`,
        );
      }
    }
  }

  async #deliver(partition: number, assignment: { over: boolean }, life: number): Promise<void> {
    const { chance, log, time } = this.group;
    let next = Math.max(log.partitions[partition]?.first ?? 0, log.committed[partition] ?? 0);
    let again: number | undefined;
    while (!assignment.over && this.alive()) {
      if (log.life !== life) {
        // The topic was made anew: the client reads from where the group stands, which is the beginning.
        life = log.life;
        next = 0;
      }
      const entries = log.read(partition, again ?? next, chance.whole(1, 12));
      again = undefined;
      if (entries.length === 0) {
        await time.sleep(20 + chance.wait(200));
        continue;
      }
      await time.sleep(chance.wait(60));
      if (assignment.over || !this.alive()) return;
      if (log.life !== life) continue;
      const messages = entries.flatMap(({ message }) => message ? [message] : []);
      if (messages.length > 0) {
        await this.#handler!.process(partition, messages, log.partitions[partition]!.end);
      }
      if (log.life !== life) continue;
      next = Math.max(next, entries.at(-1)!.offset + 1);
      const last = messages.at(-1);
      if (last && !assignment.over) {
        this.#taken.set(partition, Math.max(last.offset + 1, this.#taken.get(partition) ?? 0));
      }
      if (chance.happens(this.faults.batchAgain)) again = entries[0]!.offset;
      if (chance.happens(this.faults.membershipLost)) this.group.rebalance();
    }
  }
}

/** What a killed process waits for. */
export const forever = <T>(): Promise<T> => new Promise<T>(() => {});
