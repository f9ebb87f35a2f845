import { Fifo } from "../async/fifo.ts";
import { NowAndThen } from "../async/now_and_then.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { type Parcel, PublisherBuffer } from "./publisher_buffer.ts";

/** A parcel that is on the disk. */
export interface KeptParcel {
  /** Its place: later ones have larger ids. */
  id: number;
  parcel: Parcel;
}

/** Keeps parcels on a disk until they are sent. */
export interface Spool {
  /** Appends all or none; they are on the disk when it returns, under the ids that it returns. Throws when it cannot. */
  append(parcels: readonly Parcel[]): number[];
  /** The oldest parcels behind an id. */
  read(after: number, limit: number): KeptParcel[];
  /** Forgets parcels that are sent. */
  remove(ids: readonly number[]): void;
  /** Trades that are kept. */
  trades(): number;
}

export interface BacklogOptions {
  /** Trades that are held in memory. */
  bufferTrades: number;
  laneOf: (symbol: string) => string;
  /** Hears of each parcel that is shed. */
  onShed: (parcel: Parcel) => void;
  spool?: Spool | undefined;
  log: Logger;
  /** Milliseconds, monotonic. */
  clock: () => number;
}

/** Parcels that are read from the disk, or written to it, at once. */
const AT_ONCE = 200;
/** Time after which a disk that took nothing is tried again, milliseconds. */
const TRY_AGAIN_MS = 1000;
/** Time between two lines about a disk that takes nothing, milliseconds. */
const SAY_EVERY = 60_000;

/**
 * What waits to be sent: in memory, or with a spool on the disk first, of which the oldest part is in memory too. While the disk
 * takes nothing, new parcels wait in memory alone, behind those on the disk, and the oldest of them are shed beyond the bound.
 */
export class Backlog {
  readonly #buffer: PublisherBuffer;
  /** Ids of parcels in memory. */
  readonly #ids = new Map<Parcel, number>();
  /** Parcels that the disk did not take, and that are not yet in the buffer. */
  readonly #unkept = new Fifo<Parcel>();
  /** Parcels in the buffer or under way that are on no disk. */
  readonly #loose = new Set<Parcel>();
  readonly #complaint: NowAndThen;
  /** When the disk is tried again. */
  #tryAt = -Infinity;
  /** When it is read again, after it could not be. */
  #readAt = -Infinity;
  #unkeptTrades = 0;
  /** The last id that was brought into memory. */
  #loaded = 0;
  /** Whether there may be more on the disk than in memory. */
  #behind: boolean;
  /** Trades on the disk that are not in memory. */
  #onDisk: number;
  /** Ids of sent parcels that the disk still has. */
  #sent: number[] = [];

  constructor(readonly options: BacklogOptions) {
    const { bufferTrades, clock, onShed, spool } = options;
    this.#buffer = new PublisherBuffer(bufferTrades, onShed);
    this.#complaint = new NowAndThen(SAY_EVERY, clock);
    this.#onDisk = spool?.trades() ?? 0;
    // What is told of a feed is there without trades.
    this.#behind = this.#onDisk > 0 || (spool?.read(0, 1).length ?? 0) > 0;
  }

  /** Trades that wait, on the disk or in memory. */
  get size(): number {
    return this.#buffer.size + this.#onDisk + this.#unkeptTrades;
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.#buffer.parcels === 0 && this.#unkept.length === 0 && !this.#behind;
  }

  /** Trades that are in memory alone: they are lost with the process. With a spool, those that are under way count too. */
  get unkept(): number {
    if (this.options.spool === undefined) return this.#buffer.size;
    let loose = this.#unkeptTrades;
    for (const { trades } of this.#loose) loose += trades.length;
    return loose;
  }

  /** Whether less than half of the memory is in use. */
  get roomy(): boolean {
    return (this.#buffer.size + this.#unkeptTrades) * 2 < this.options.bufferTrades;
  }

  /** Lanes in which something waits in memory. */
  lanes(): Iterable<string> {
    return this.#buffer.lanes();
  }

  /** Adds the parcels of a frame; the number of trades that were shed to make room. */
  add(parcels: readonly Parcel[]): number {
    const { bufferTrades, laneOf, onShed, spool } = this.options;
    if (spool === undefined) {
      return parcels.reduce((shed, parcel) => shed + this.#buffer.add(laneOf(parcel.symbol), parcel), 0);
    }
    for (const parcel of parcels) {
      this.#unkept.push(parcel);
      this.#unkeptTrades += parcel.trades.length;
    }
    this.#keep(spool);
    let shed = 0;
    while (
      (this.#unkeptTrades > bufferTrades || this.#unkept.length > bufferTrades) && this.#unkept.length > 1
    ) {
      const oldest = this.#shiftUnkept();
      shed += oldest.trades.length;
      onShed(oldest);
    }
    return shed;
  }

  /** Takes the oldest parcels of a lane. */
  take(lane: string, maxTrades: number): Parcel[] {
    return this.#buffer.take(lane, maxTrades);
  }

  /** Brings what waits behind into memory, as far as there is room. */
  refill(): void {
    const { bufferTrades, laneOf, spool } = this.options;
    if (spool === undefined) return;
    this.#forget(spool);
    while (this.#behind && this.#buffer.size * 2 < bufferTrades) {
      const kept = this.#read(spool);
      if (kept === undefined) return;
      for (const { id, parcel } of kept) {
        if (!this.#fits(parcel)) return;
        this.#onDisk -= parcel.trades.length;
        this.#load(id, parcel);
      }
      this.#behind = kept.length === AT_ONCE;
    }
    this.#keep(spool);
    // The disk takes nothing, and nothing on it waits before these.
    while (!this.#behind && this.#unkept.length > 0 && this.#buffer.size * 2 < bufferTrades) {
      const parcel = this.#shiftUnkept();
      this.#loose.add(parcel);
      this.#buffer.add(laneOf(parcel.symbol), parcel);
    }
  }

  /** Forgets parcels that are settled. */
  done(parcels: readonly Parcel[]): void {
    const { spool } = this.options;
    if (spool === undefined) return;
    for (const parcel of parcels) {
      const id = this.#ids.get(parcel);
      if (id !== undefined) this.#sent.push(id);
      this.#ids.delete(parcel);
      this.#loose.delete(parcel);
    }
    this.#forget(spool);
  }

  /** Takes off the disk what is sent. What cannot be yet is sent again if the process ends before. */
  #forget(spool: Spool): void {
    if (this.#sent.length === 0 || this.options.clock() < this.#tryAt) return;
    try {
      spool.remove(this.#sent);
      this.#sent = [];
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Puts on the disk what is not there yet, in order. */
  #keep(spool: Spool): void {
    while (this.#unkept.length > 0 && this.options.clock() >= this.#tryAt) {
      let ids: number[];
      try {
        ids = spool.append(this.#unkept.oldest(AT_ONCE));
      } catch (error) {
        return this.#complain(error);
      }
      for (const id of ids) {
        const parcel = this.#shiftUnkept();
        this.#behind ||= !this.#fits(parcel);
        if (this.#behind) this.#onDisk += parcel.trades.length;
        else this.#load(id, parcel);
      }
    }
  }

  /** What is next on the disk; undefined while it cannot be read. */
  #read(spool: Spool): KeptParcel[] | undefined {
    // A full disk takes nothing, and can be read.
    if (this.options.clock() < this.#readAt) return undefined;
    try {
      return spool.read(this.#loaded, AT_ONCE);
    } catch (error) {
      this.#readAt = this.options.clock() + TRY_AGAIN_MS;
      this.#complain(error);
      return undefined;
    }
  }

  #fits({ trades }: Parcel): boolean {
    return this.#buffer.size === 0 || this.#buffer.size + trades.length <= this.options.bufferTrades;
  }

  #load(id: number, parcel: Parcel): void {
    this.#loaded = id;
    this.#ids.set(parcel, id);
    this.#buffer.add(this.options.laneOf(parcel.symbol), parcel);
  }

  #shiftUnkept(): Parcel {
    const parcel = this.#unkept.shift()!;
    this.#unkeptTrades -= parcel.trades.length;
    return parcel;
  }

  #complain(error: unknown): void {
    this.#tryAt = this.options.clock() + TRY_AGAIN_MS;
    const times = this.#complaint.due();
    if (times === undefined) return;
    this.options.log.error("the spool is not written or read, trades wait; see the disk of --spool", {
      error: errorText(error),
      times,
    });
  }
}
