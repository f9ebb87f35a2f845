import ControlConnection from "cassandra-driver/lib/control-connection.js";

interface Inner {
  _isShuttingDown: boolean;
  _refresh(hosts?: unknown): Promise<void>;
  log(level: string, message: string, error?: unknown): void;
}

/** Between an attempt that broke off and the next, milliseconds. */
const PAUSE_MS = 1000;

/** How many attempts each control connection has under way. */
const underWay = new WeakMap<Inner, number>();
let patched = false;

/**
 * cassandra-driver 4.10.0 looks for a new control connection more than once at a time when connections break one after the other.
 * The later attempt takes the connection from the earlier one, which then throws where nobody catches, and that ends the process
 * (lib/control-connection.js, `_refresh`: `this.connection.endpoint` of null). Here an attempt that breaks off leaves it to the one
 * that overtook it, or begins anew where there is none.
 */
export function guardRefresh(): void {
  if (patched) return;
  patched = true;
  const prototype = (ControlConnection as unknown as { prototype: Inner }).prototype;
  const { _refresh } = prototype;
  prototype._refresh = async function (this: Inner, hosts?: unknown) {
    underWay.set(this, (underWay.get(this) ?? 0) + 1);
    try {
      await _refresh.call(this, hosts);
    } catch (error) {
      this.log("error", "an attempt at a control connection broke off", error);
      if (underWay.get(this) === 1 && !this._isShuttingDown) setTimeout(() => this._refresh(), PAUSE_MS);
    } finally {
      underWay.set(this, underWay.get(this)! - 1);
    }
  };
}
