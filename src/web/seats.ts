/** How many may watch at once, in all and from one address. */
export interface SeatLimits {
  total: number;
  perAddress: number;
}

/** Seats of those who follow an event stream. */
export class Seats {
  readonly #byAddress = new Map<string, number>();
  #taken = 0;

  constructor(readonly limits: SeatLimits) {}

  get taken(): number {
    return this.#taken;
  }

  /** Takes a seat; what gives it back, once however often it is called. Undefined when there is none left. */
  take(address: string): (() => void) | undefined {
    const own = this.#byAddress.get(address) ?? 0;
    if (this.#taken >= this.limits.total || own >= this.limits.perAddress) return undefined;
    this.#taken++;
    this.#byAddress.set(address, own + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken--;
      const left = this.#byAddress.get(address)! - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    };
  }
}

/** The answer to whom no seat is left. */
export const noSeat = (): Response =>
  new Response("too many watch already\n", { status: 503, headers: { "retry-after": "30" } });

/** The client's address, as the server tells the app; the same for all where it does not. */
export const addressOf = ({ env }: { env: unknown }): string =>
  (env as { remoteAddress?: string } | undefined)?.remoteAddress ?? "";
