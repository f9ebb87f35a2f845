import type { Chance } from "./chance.ts";
import type { HistoryState } from "./state.ts";
import type { ReaderFaults } from "./model_reader.ts";
import type { StoreFaults } from "./model_store.ts";
import { ProducerProcess } from "./processes.ts";
import { repairBeside } from "./repairs.ts";
import { changeTopic } from "./set_up.ts";

/** Which faults a history has, and how often. */
export interface Chaos {
  reader: ReaderFaults;
  store: StoreFaults;
  /** Mean time between two events, milliseconds; Infinity for none. */
  pause: number;
  /** How likely each kind of event is beside the others. */
  weights: Record<EventName, number>;
}

type EventName = keyof typeof EVENTS;

export function chaosOf(chance: Chance): Chaos {
  const chaos = anyChaos(chance);
  // Rare enough by chance: raw trades that wait for long while the batch layer repairs and processors are killed.
  if (chance.happens(0.15)) {
    Object.assign(chaos.store, { refused: 0.5 + 0.3 * chance.random() });
    Object.assign(chaos.weights, { repair: 3, kill: 0.3, start: 1 });
    chaos.pause = 500 + chance.random() * 1500;
  }
  return chaos;
}

function anyChaos(chance: Chance): Chaos {
  return {
    reader: {
      commitRefused: chance.rate(0.5),
      commitUnheard: chance.rate(0.5),
      membershipLost: chance.rate(0.1),
      batchAgain: chance.rate(0.3),
    },
    store: { refused: chance.rate(0.4), late: chance.rate(0.2), slowest: chance.wait(400) },
    pause: chance.happens(0.15) ? Infinity : 300 + chance.random() * 5000,
    weights: Object.fromEntries(
      Object.keys(EVENTS).map((
        name,
      ) => [name, chance.happens(0.4) ? 0 : chance.random() * (name === "repair" ? 2 : 1)]),
    ) as Record<EventName, number>,
  };
}

/** What happens to a history beside the small faults. */
const EVENTS = {
  kill: ({ chance, processors, tell }: Events) => {
    const living = processors().filter(({ running }) => running);
    if (living.length === 0) return;
    tell("a processor is killed");
    chance.pick(living).kill();
  },
  start: ({ history, processors, tell }: Events) => {
    if (processors().filter(({ running }) => running).length >= 4) return;
    tell("a processor starts");
    history.startProcessor();
  },
  stop: ({ chance, processors, tell }: Events) => {
    const living = processors().filter(({ running }) => running);
    if (living.length === 0) return;
    tell("a processor stops");
    void chance.pick(living).stop();
  },
  rebalance: ({ history, tell }: Events) => {
    tell("the group is rebalanced");
    history.world.group.rebalance();
  },
  storeAway: ({ chance, history, tell }: Events) => {
    const { world } = history;
    if (world.storeAway) return;
    tell("the store is away");
    world.storeAway = true;
    history.time.after(chance.wait(20_000), () => world.storeAway = false);
  },
  retention: ({ chance, history, tell }: Events) => {
    const { log } = history.world.group;
    tell("what is committed is dropped");
    log.drop(chance.whole(0, log.partitions.length - 1));
  },
  marker: ({ chance, history, tell }: Events) => {
    const { log } = history.world.group;
    tell("an offset without a message");
    log.mark(chance.whole(0, log.partitions.length - 1));
  },
  producerKilled: ({ history, tell }: Events) => {
    tell("the producer is killed");
    history.producer.kill();
    history.producer = new ProducerProcess(history.world);
  },
  repair: ({ chance, history, processors, tell }: Events) => {
    tell("the batch layer repairs beside the stream");
    void repairBeside(history);
    // Whoever starts after a repair goes by what it has claimed.
    if (chance.happens(0.5)) {
      history.time.after(2000 + chance.wait(5000), () => {
        for (const processor of processors()) if (processor.running) processor.kill();
        history.startProcessor();
      });
    }
  },
  anotherTopic: ({ history, tell }: Events) => changeTopic(history, "anew", tell),
  morePartitions: ({ history, tell }: Events) => changeTopic(history, "more", tell),
};

interface Events {
  history: HistoryState;
  chance: Chance;
  processors(): HistoryState["processors"];
  tell(what: string): void;
}

/** Lets things happen to a history until `end`, milliseconds since the epoch. */
export async function disturb(history: HistoryState, { pause, weights }: Chaos, end: number): Promise<void> {
  const { chance, time } = history;
  const names = (Object.keys(EVENTS) as EventName[]).filter((name) => weights[name] > 0);
  const all = names.reduce((sum, name) => sum + weights[name], 0);
  if (pause === Infinity || names.length === 0) return;
  const events: Events = {
    history,
    chance,
    processors: () => history.processors,
    tell: (what) => history.tell(what),
  };
  for (;;) {
    await time.sleep(-Math.log(1 - chance.random()) * pause);
    if (time.now >= end) return;
    let at = chance.random() * all;
    const name = names.find((each) => (at -= weights[each]) <= 0) ?? names[0]!;
    await EVENTS[name](events);
  }
}
