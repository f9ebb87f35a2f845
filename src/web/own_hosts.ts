import type { Context, MiddlewareHandler } from "hono";

/** Names by which a page is asked for. */
export interface OwnHosts {
  /** Where it listens. */
  hostname: string;
  /** Other names, as whoever runs it says. */
  allowed: readonly string[];
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Where everybody may come in, by any address of the machine. */
const ANYWHERE = ["0.0.0.0", "::"];
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/;

/**
 * Whether a `Host` is one of ours, whatever its port. Loopback and the listen address always are; so is, where it listens on all
 * addresses, each address in figures. A name that is not ours may be one that its owner has pointed here, so that a page of
 * theirs reads ours in a visitor's browser (DNS rebinding); an address in figures cannot be pointed anywhere.
 */
export function isOwnHost(host: string, { allowed, hostname }: OwnHosts): boolean {
  const name = nameOf(host);
  if (LOOPBACK.test(name)) return true;
  if (ANYWHERE.includes(hostname) ? ADDRESS.test(name) : name === nameOf(bracketed(hostname))) return true;
  return allowed.some((each) => nameOf(bracketed(each)) === name);
}

/** In lower case, without a port and a full stop at the end. */
const nameOf = (host: string): string => host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");

const bracketed = (host: string): string => /^[^[]*:[^[]*:/.test(host) ? `[${host}]` : host;

/** Answers 421 to requests for other hosts. */
export function onlyOwnHosts(hosts: OwnHosts, headers: Record<string, string>): MiddlewareHandler {
  return async (c, next) => {
    if (isOwnHost(hostOf(c), hosts)) return await next();
    return c.text("this page is not served under that name; allow it with --allow-host\n", 421, headers);
  };
}

const hostOf = (c: Context): string => c.req.header("host") ?? new URL(c.req.url).host;
