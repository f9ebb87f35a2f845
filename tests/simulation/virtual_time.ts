/** A timer that has not fired. */
interface Timer {
  at: number;
  /** Of two for the same time, the one that was set first fires first. */
  id: number;
  fire(): void;
}

/** Turns of the microtask queue between two timers: what waits for no timer gets this far. */
const TURNS = 24;

/**
 * A clock that goes on only when nothing else can: timers fire in the order of their times, at once. While it is installed, all code
 * that waits or asks for the time does so by it, the code under test included.
 */
export class VirtualTime {
  #now: number;
  #nextId = 1;
  readonly #start: number;
  readonly #timers: Timer[] = [];

  /** @param start milliseconds since the epoch */
  constructor(start: number) {
    this.#now = this.#start = start;
  }

  /** Whole milliseconds since the epoch. */
  get now(): number {
    return Math.floor(this.#now);
  }

  /** Runs `work` with the clock in place of the real one. */
  async install<T>(work: () => Promise<T>): Promise<T> {
    const real = {
      setTimeout: globalThis.setTimeout,
      clearTimeout: globalThis.clearTimeout,
      dateNow: Date.now,
      performanceNow: performance.now,
    };
    Object.assign(globalThis, {
      setTimeout: (fire: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
        this.#set(ms, () => fire(...args)),
      clearTimeout: (id: number | undefined) => this.#clear(id),
    });
    Date.now = () => this.now;
    performance.now = () => this.#now - this.#start;
    try {
      return await work();
    } finally {
      Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
      Date.now = real.dateNow;
      performance.now = real.performanceNow;
    }
  }

  /** Resolves after `ms` milliseconds of this clock. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#set(ms, resolve));
  }

  /** Calls `fire` after `ms` milliseconds of this clock. */
  after(ms: number, fire: () => void): void {
    this.#set(ms, fire);
  }

  /** Lets the clock go until `done` holds; resolves to false when it does not at `limit` (milliseconds since the epoch). */
  async until(done: () => boolean, limit: number): Promise<boolean> {
    for (;;) {
      for (let turn = 0; turn < TURNS; turn++) await null;
      if (done()) return true;
      const next = this.#timers.shift();
      if (next === undefined || next.at > limit) return false;
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
  }

  #set(ms: number, fire: () => void): number {
    const timer = { at: this.#now + Math.max(0, ms), id: this.#nextId++, fire };
    let place = this.#timers.length;
    while (place > 0 && this.#timers[place - 1]!.at > timer.at) place--;
    this.#timers.splice(place, 0, timer);
    return timer.id;
  }

  #clear(id: number | undefined): void {
    const place = this.#timers.findIndex((timer) => timer.id === id);
    if (place >= 0) this.#timers.splice(place, 1);
  }
}
