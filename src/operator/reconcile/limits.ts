import { COMPONENTS } from "../components/table.ts";
import type { Pipeline } from "../pipeline.ts";
import { isOwnSecret } from "../security/own_secrets.ts";
import type { Withheld } from "./refusals.ts";

/** What whoever runs the operator allows those who write Pipelines; `src/settings/operator.ts` says what each means. */
export interface Limits {
  /** Hosts, with or without a port, to which the token may go unencrypted. */
  plainFeed: readonly string[];
  /** Hosts at which the feed may be; any when empty. Finnhub's own always may. */
  feedHosts: readonly string[];
  /** How names of images may begin; as they like when empty. */
  images: readonly string[];
}

export const NO_LIMITS: Limits = { plainFeed: [], feedHosts: [], images: [] };

const FINNHUB = ["ws.finnhub.io", "finnhub.io"];
const DEFAULT_PORTS: Record<string, string> = { "ws:": "80", "http:": "80", "wss:": "443", "https:": "443" };

/** The components that run an image of `spec.images`. */
const RUNS = {
  pipeline: ["setup", "processor", "producer", "dashboard", "batch"],
  kafka: ["zookeeper", "kafka"],
  cassandra: ["cassandra"],
  grafana: ["grafana"],
  kafdrop: ["kafdrop"],
  cassandraWeb: ["cassandra-web"],
} as const;

/** Fields by which whoever writes a Pipeline would get what they may not have; what each concerns stays as it is. */
export function refuseForbidden({ spec }: Pipeline, limits: Limits): Withheld[] {
  const { exposure, feed, images } = spec;
  const found: Withheld[] = [];
  const refuse = (components: readonly string[], field: string, reason: string | undefined) => {
    if (reason !== undefined) found.push({ components, field, sentence: `${field}: ${reason}` });
  };
  refuse(["producer"], "feed.tokenSecret.name", secretReason(feed.tokenSecret.name, "with the feed's token"));
  refuse(["producer"], "feed.websocketUrl", feedReason(feed.websocketUrl, "wss", limits));
  refuse(["producer"], "feed.restUrl", feedReason(feed.restUrl, "https", limits));
  refuse(["ingress"], "exposure.tlsSecretName", secretReason(exposure.tlsSecretName, "with a certificate"));
  for (const name of images.pullSecrets ?? []) {
    refuse(COMPONENTS, "images.pullSecrets", secretReason(name, "with the registry's login"));
  }
  for (const [name, components] of Object.entries(RUNS)) {
    refuse(components, `images.${name}`, imageReason(images[name as keyof typeof RUNS], limits.images));
  }
  return found;
}

function secretReason(name: string | undefined, wanted: string): string | undefined {
  if (name === undefined || !isOwnSecret(name)) return undefined;
  return `Secret ${name} is the operator's own; name another one, ${wanted}`;
}

/** @param secure The scheme that encrypts. */
function feedReason(text: string | undefined, secure: "wss" | "https", limits: Limits): string | undefined {
  if (text === undefined) return undefined;
  if (!URL.canParse(text)) return `is no address; write it as ${secure}://HOST/PATH`;
  // Of the address only the host is told: what follows may be secret.
  const address = new URL(text);
  const { host, protocol } = address;
  const plain = protocol !== `${secure}:`;
  if (plain && !isNamed(limits.plainFeed, address)) {
    return `${protocol} shows the token to whoever listens; use ${secure}: with ${host}, or start the operator with ` +
      `--allow-plain-feed ${host}`;
  }
  const named = [...FINNHUB, ...limits.feedHosts, ...limits.plainFeed];
  if (limits.feedHosts.length === 0 || isNamed(named, address)) return undefined;
  return `the operator allows no feed at ${host}; use ${
    limits.feedHosts.join(" or ")
  }, or start the operator with ` +
    `--allow-feed-hosts ${host}`;
}

/** Whether a list has an address's host, for any port or for the right one. */
function isNamed(hosts: readonly string[], { hostname, port, protocol }: URL): boolean {
  return hosts.some((each) => {
    const [, name = "", only] = /^(.*?)(?::(\d+))?$/.exec(each) ?? [];
    return new URL(`http://${name}`).hostname === hostname &&
      (only === undefined || only === (port || DEFAULT_PORTS[protocol]));
  });
}

function imageReason(image: string | undefined, prefixes: readonly string[]): string | undefined {
  if (image === undefined || prefixes.length === 0) return undefined;
  if (prefixes.some((prefix) => beginsWith(image, prefix))) return undefined;
  return `the operator allows images of ${
    prefixes.join(" or ")
  } alone; take it from there, or start the operator with ` +
    "--allow-images for another place";
}

/** Whole parts of a name only: `registry.example` is the beginning neither of `registry.example.net/x` nor of another port's. */
function beginsWith(image: string, prefix: string): boolean {
  if (!image.startsWith(prefix)) return false;
  const rest = image.slice(prefix.length);
  return rest === "" || prefix.endsWith("/") || rest.startsWith("/") || rest.startsWith("@") ||
    (rest.startsWith(":") && !rest.includes("/"));
}
