import process from "node:process";
import type { Progress, Work } from "./role.ts";
import type { Logger } from "../telemetry/log.ts";

export interface ProgressOptions {
  /** Whether somebody looks at standard error. */
  terminal: boolean;
  log: Logger;
  /** Milliseconds, monotonic. */
  clock: () => number;
}

/** Between two lines of the log, milliseconds. */
const LINE_MS = 5000;
/** Pictures of a bar a second. */
const PICTURES = 8;
const WIDTH = 24;
/** Goes to the line's beginning and empties it. */
const CLEAR = "\r\x1b[K";

/**
 * Shows how far long work is: as a bar with its rate and the time left where somebody looks, by cli-progress (MIT, 3.12), else as a
 * line of the log now and then. One at a time.
 */
export class ProgressScreen {
  #bar = false;

  constructor(readonly options: ProgressOptions) {}

  /** A line for the terminal, in the place of a bar that is there; the bar comes again below it. */
  line(text: string): string {
    return this.#bar ? `${CLEAR}${text}` : text;
  }

  async begin(work: Work): Promise<Progress> {
    return this.options.terminal ? await this.#drawn(work) : this.#logged(work);
  }

  #logged({ what }: Work): Progress {
    const { clock, log } = this.options;
    let last = clock();
    return {
      at: (_, __, fields) => {
        if (clock() - last < LINE_MS) return;
        last = clock();
        log.info("progress", { what, ...fields() });
      },
      [Symbol.dispose]: () => {},
    };
  }

  async #drawn({ total, unit, what }: Work): Promise<Progress> {
    const { clock } = this.options;
    const { default: { SingleBar } } = await import("cli-progress");
    const started = clock();
    const bar = new SingleBar({
      stream: process.stderr,
      format: `${what} [{bar}] {percentage} % · {counted} ${unit} · {rate}/s · {eta_formatted} left`,
      barCompleteChar: "=",
      barIncompleteChar: " ",
      barsize: WIDTH,
      fps: PICTURES,
      hideCursor: false,
      clearOnComplete: true,
      gracefulExit: false,
    });
    const shown = (counted: number) => {
      const seconds = (clock() - started) / 1000;
      return {
        counted: counted.toLocaleString("en"),
        rate: Math.round(seconds > 0 ? counted / seconds : 0).toLocaleString("en"),
      };
    };
    bar.start(Math.max(1, total), 0, shown(0));
    this.#bar = true;
    return {
      at: (done, counted) => bar.update(Math.min(done, total), shown(counted)),
      [Symbol.dispose]: () => {
        bar.stop();
        this.#bar = false;
      },
    };
  }
}
