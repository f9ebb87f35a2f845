import type { Chance } from "./chance.ts";
import type { ProcessorProcess, ProducerProcess, World } from "./processes.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** What events may change of a history while it goes on. */
export interface HistoryState {
  readonly chance: Chance;
  readonly time: VirtualTime;
  readonly world: World;
  readonly processors: readonly ProcessorProcess[];
  producer: ProducerProcess;
  /** While it is set nothing is sent: the topic is being changed. */
  paused: boolean;
  startProcessor(): void;
  /** Notes what happens, for a person. */
  tell(what: string): void;
}
