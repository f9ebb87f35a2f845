import { COMPONENTS } from "../components/table.ts";
import { mirrored } from "../components/pods/platform.ts";
import { externalSecrets } from "../external.ts";
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
  /** Where all images are taken from; as they are named when undefined. */
  registry: string | undefined;
}

export const NO_LIMITS: Limits = { plainFeed: [], feedHosts: [], images: [], registry: undefined };

const FINNHUB = ["ws.finnhub.io", "finnhub.io"];
const DEFAULT_PORTS: Record<string, string> = { "ws:": "80", "http:": "80", "wss:": "443", "https:": "443" };

/** The claim of a server's volume; `manifests/crd.yaml` has the same rule. */
const SERVER_VOLUME = /^data-(zookeeper|kafka|kafka-controller|cassandra)-[0-9]+$/;

/** The components that use the schema registry, and those that send traces. */
const REGISTERED = ["producer", "processor", "dashboard"] as const;
const TRACED = ["producer", "processor"] as const;

/** The components that log in at servers of somebody else. */
const AT_KAFKA = ["setup", "processor", "producer", "dashboard", "kafdrop"] as const;
const AT_CASSANDRA = ["setup", "processor", "dashboard", "grafana", "cassandra-web", "batch"] as const;

/** The components that run an image of `spec.images`. */
const RUNS = {
  pipeline: ["setup", "processor", "producer", "dashboard", "batch"],
  kafka: ["zookeeper", "kafka-controller", "kafka"],
  cassandra: ["cassandra"],
  grafana: ["grafana"],
  kafdrop: ["kafdrop"],
  cassandraWeb: ["cassandra-web"],
} as const;

/** Fields by which whoever writes a Pipeline would get what they may not have; what each concerns stays as it is. */
export function refuseForbidden({ spec }: Pipeline, limits: Limits): Withheld[] {
  const { exposure, feed, grafana, images, schemaRegistry, tracing } = spec;
  const found: Withheld[] = [];
  const refuse = (components: readonly string[], field: string, reason: string | undefined) => {
    if (reason !== undefined) found.push({ components, field, sentence: `${field}: ${reason}` });
  };
  refuse(["producer"], "feed.tokenSecret.name", secretReason(feed.tokenSecret.name, "with the feed's token"));
  refuse(["producer"], "feed.websocketUrl", placeReason(feed.websocketUrl, WEBSOCKET, limits));
  refuse(["producer"], "feed.restUrl", placeReason(feed.restUrl, REST, limits));
  const { headersSecret, otlpEndpoint } = tracing ?? {};
  const { passwordSecret, url } = schemaRegistry ?? {};
  refuse(
    REGISTERED,
    "schemaRegistry.passwordSecret.name",
    secretReason(passwordSecret?.name, "with its password"),
  );
  refuse(TRACED, "tracing.headersSecret.name", secretReason(headersSecret?.name, "with the headers"));
  // Without a Secret nothing is told to them that others may not know.
  if (passwordSecret) refuse(REGISTERED, "schemaRegistry.url", placeReason(url, PASSWORD, limits));
  if (headersSecret) refuse(TRACED, "tracing.otlpEndpoint", placeReason(otlpEndpoint, HEADERS, limits));
  for (const { components, field, places, secret, tls } of externals(spec)) {
    refuse(components, `${field}.passwordSecret.name`, secretReason(secret, "with the password"));
    for (const place of places) {
      refuse(components, field, placeReason(`${tls ? "tls" : "tcp"}://${place}`, LOGIN, limits));
    }
  }
  for (const key of Object.keys(exposure.annotations ?? {})) {
    refuse(["ingress"], "exposure.annotations", annotationReason(key));
  }
  refuse(["ingress"], "exposure.tlsSecretName", secretReason(exposure.tlsSecretName, "with a certificate"));
  refuse(["grafana"], "grafana.plugin.claimName", claimReason(grafana.plugin.claimName));
  for (const name of images.pullSecrets ?? []) {
    refuse(COMPONENTS, "images.pullSecrets", secretReason(name, "with the registry's login"));
  }
  for (const [name, components] of Object.entries(RUNS)) {
    refuse(components, `images.${name}`, imageReason(images[name as keyof typeof RUNS], limits));
  }
  return found;
}

/** The logins at servers of somebody else, and where they are sent. */
function externals(spec: Pipeline["spec"]) {
  const secrets = externalSecrets(spec);
  const [kafka, cassandra] = [spec.kafka.external, spec.cassandra.external];
  return [
    ...(kafka && secrets.kafka
      ? [{
        components: AT_KAFKA,
        field: "kafka.external.sasl",
        places: kafka.bootstrapServers,
        secret: secrets.kafka.name,
        tls: kafka.tls !== undefined,
      }]
      : []),
    ...(cassandra && secrets.cassandra
      ? [{
        components: AT_CASSANDRA,
        field: "cassandra.external.login",
        places: cassandra.contactPoints.map((host) => `${host}:${cassandra.port}`),
        secret: secrets.cassandra.name,
        tls: cassandra.tls !== undefined,
      }]
      : []),
  ];
}

function secretReason(name: string | undefined, wanted: string): string | undefined {
  if (name === undefined || !isOwnSecret(name)) return undefined;
  return `Secret ${name} is the operator's own; name another one, ${wanted}`;
}

function claimReason(name: string | undefined): string | undefined {
  if (name === undefined || !SERVER_VOLUME.test(name)) return undefined;
  return `claim ${name} is a server's own volume; name one with Grafana's plugin`;
}

/** What is sent to an address, and by which scheme it is encrypted. */
export interface Sent {
  secure: "wss" | "https" | "tls";
  /** What the address is one of. */
  place: string;
  /** What must be seen by nobody else. */
  secret: string;
}

const WEBSOCKET: Sent = { secure: "wss", place: "feed", secret: "token" };
const REST: Sent = { ...WEBSOCKET, secure: "https" };
const PASSWORD: Sent = { secure: "https", place: "schema registry", secret: "password" };
const LOGIN: Sent = { secure: "tls", place: "server", secret: "password" };
const HEADERS: Sent = { secure: "https", place: "receiver of traces", secret: "headers" };

/** Why a Secret may not be sent to an address; undefined where it may. */
export function placeReason(text: string | undefined, sent: Sent, limits: Limits): string | undefined {
  if (text === undefined) return undefined;
  const { place, secret, secure } = sent;
  if (!URL.canParse(text)) return `is no address; write it as ${secure}://HOST/PATH`;
  // Of the address only the host is told: what follows may be secret.
  const address = new URL(text);
  const { host, protocol } = address;
  const plain = protocol !== `${secure}:`;
  if (plain && !isNamed(limits.plainFeed, address)) {
    return `${protocol} shows the ${secret} to whoever listens; use ${secure}: with ${host}, or start the operator with ` +
      `--allow-plain-feed ${host}`;
  }
  const named = [...FINNHUB, ...limits.feedHosts, ...limits.plainFeed];
  if (limits.feedHosts.length === 0 || isNamed(named, address)) return undefined;
  return `the operator allows no ${place} at ${host}; use ${
    limits.feedHosts.join(" or ")
  }, or start the operator with ` +
    `--allow-feed-hosts ${host}`;
}

/** Ends of annotations by which ingress-nginx and its like run what they say, or read a Secret. */
const CONTROLLER = ["-snippet", "-snippets", "auth-secret", "auth-tls-secret", "proxy-ssl-secret"];

/** Annotations by which an Ingress controller runs what they say, or that are the operator's. */
function annotationReason(key: string): string | undefined {
  const ours = key.includes("finnhub-pipe.dev/");
  if (!ours && !CONTROLLER.some((end) => key.endsWith(end))) return undefined;
  return `${key} is not for a Pipeline: it runs code in the Ingress controller, gives it a Secret, or is the operator's own; leave it out`;
}

/** Whether a list has an address's host, for any port or for the right one. */
function isNamed(hosts: readonly string[], { hostname, port, protocol }: URL): boolean {
  return hosts.some((each) => {
    const [, name = "", only] = /^(.*?)(?::(\d+))?$/.exec(each) ?? [];
    return new URL(`http://${name}`).hostname === hostname &&
      (only === undefined || only === (port || DEFAULT_PORTS[protocol]));
  });
}

function imageReason(name: string | undefined, { images: prefixes, registry }: Limits): string | undefined {
  if (name === undefined || prefixes.length === 0) return undefined;
  const image = mirrored(name, registry);
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
