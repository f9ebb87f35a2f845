/** The driver's control connection when two attempts at one overtake each other. */
import { assertEquals } from "@std/assert";
import { integrationTest } from "../needs.ts";

type Plan = (error: null, hosts: Iterator<unknown>) => void;

/** What a control connection reads and calls while it looks for a connection. */
interface Control {
  connection: { endpoint: string; endpointFriendlyName: string } | null;
  _refresh(): Promise<void>;
  [key: string]: unknown;
}

/**
 * A control connection whose first look at the nodes fails when its connection was taken from it.
 *
 * @param begun is called with the number of each attempt; the later ones go on when it says so
 */
async function controlConnection(overtaken: boolean, begun: (attempt: number) => Promise<void>) {
  const { default: ControlConnection } = await import("cassandra-driver/lib/control-connection.js");
  const { guardRefresh } = await import("../../src/cassandra/fixes/refresh_guard.ts");
  guardRefresh();
  let attempts = 0;
  const newQueryPlan = (_keyspace: unknown, _options: unknown, done: Plan) =>
    void begun(++attempts).then(() => done(null, [].values()));
  const control: Control = Object.create((ControlConnection as unknown as { prototype: Control }).prototype);
  return Object.assign(control, {
    options: { sni: true },
    _triedHosts: {},
    log: () => {},
    emit: () => {},
    _profileManager: { getDefaultLoadBalancing: () => ({ newQueryPlan }) },
    _reconnectionPolicy: { newSchedule: () => undefined },
    _setHealthListeners: () => {},
    _registerToConnectionEvents: () => Promise.resolve(),
    _borrowAConnection: () => ({ endpoint: "a", endpointFriendlyName: "a" }),
    _refreshHosts() {
      if (attempts > 1) return Promise.resolve();
      if (overtaken) void control._refresh();
      else control.connection = null;
      return Promise.reject(new Error("the socket was closed"));
    },
  });
}

integrationTest("an attempt at a control connection that another one overtakes is left to that", async () => {
  const begun: number[] = [];
  const other = Promise.withResolvers<void>();
  const control = await controlConnection(true, (attempt) => {
    begun.push(attempt);
    return attempt === 1 ? Promise.resolve() : other.promise;
  });
  await control._refresh();
  assertEquals(begun, [1, 2]);
  other.resolve();
});

integrationTest("a lone attempt at a control connection that breaks off begins anew", async () => {
  const second = Promise.withResolvers<void>();
  const control = await controlConnection(false, (attempt) => {
    if (attempt === 2) second.resolve();
    return Promise.resolve();
  });
  await control._refresh();
  await second.promise;
});
