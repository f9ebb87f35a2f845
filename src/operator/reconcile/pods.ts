import type { Component } from "../components/desired.ts";
import { fieldOf, type PodFields, podFieldsOf } from "../components/pods/fields.ts";
import type { Pipeline } from "../pipeline.ts";
import { isOwnSecret } from "../security/own_secrets.ts";
import { isCronJob, isWorkload, type Templated } from "../workload.ts";
import { type Limits, placeReason, type Sent } from "./limits.ts";
import type { Withheld } from "./refusals.ts";

/**
 * Variables that people may set. What is not here could name a file or an address, load code into a program, or show what another
 * variable holds: a Java program's options run commands, and so does a shell's environment.
 */
interface Settable {
  names: readonly string[];
  beginnings: readonly string[];
  /** In a message. */
  told: string;
}

const OF_ROLES: Settable = {
  names: [
    ...[
      "LOG_LEVEL",
      "LOG_FORMAT",
      "OTEL_TRACES_SAMPLER_ARG",
      "PRODUCER_BUFFER_TRADES",
      "FINNHUB_IDLE_TIMEOUT",
    ],
    ...["CASSANDRA_CONSISTENCY", "BACKFILL_PARALLEL", "BACKFILL_SETTLE", "BACKFILL_MAX_TRADES"],
  ],
  beginnings: ["PROCESSOR_"],
  told: "LOG_LEVEL, LOG_FORMAT, PROCESSOR_… and such",
};
const NOTHING: Settable = { names: [], beginnings: [], told: "TZ" };
const GRAFANA = ["AUTH", "DASHBOARDS", "DATE_FORMATS", "EXPLORE", "LIVE", "LOG", "SNAPSHOTS", "USERS"];
/** By component; those of our own roles where there is none. */
const SETTABLE: Record<string, Settable> = {
  grafana: {
    names: [],
    beginnings: GRAFANA.map((section) => `GF_${section}_`),
    told: "GF_AUTH_…, GF_USERS_…, GF_LOG_… and such of Grafana's",
  },
  kafdrop: { names: [], beginnings: ["LOGGING_LEVEL_"], told: "LOGGING_LEVEL_…" },
  zookeeper: NOTHING,
  "kafka-controller": NOTHING,
  kafka: NOTHING,
  cassandra: NOTHING,
  "cassandra-web": NOTHING,
};
/** Ends of names that say where a file is. */
const FILES = ["_FILE", "_CA", "_CERT", "_KEY"];
const SECRET_OF_CLIENT: Sent = { secure: "https", place: "sign-in", secret: "client's secret" };

/** Domains of names that are Kubernetes' or ours: pods are selected, scheduled and confined by them. */
const RESERVED = ["kubernetes.io", "k8s.io", "finnhub-pipe.dev"];
/** Those of service meshes and networks: by these another container mounts what it likes, or a pod gets another network. */
const INJECTED = ["sidecar.istio.io", "inject.istio.io", "k8s.v1.cni.cncf.io"];
const HARMLESS = ["cluster-autoscaler.kubernetes.io/safe-to-evict", "sidecar.istio.io/inject"];

/** Components whose `pod` says what would break them, get them other rights, or show somebody's secrets. */
export function refusePods(
  { spec }: Pipeline,
  components: readonly Component[],
  limits: Limits,
): Withheld[] {
  return components.flatMap(({ name, objects }) => {
    const wish = podFieldsOf(spec, name);
    const pods = objects.flatMap((object): Templated[] =>
      isWorkload(object) ? [object] : isCronJob(object) ? [object.spec.jobTemplate] : []
    );
    const reasons = pods.flatMap(({ spec: { template } }) => [
      ...namesReasons(wish),
      ...secretReasons(wish),
      ...variableReasons(wish, SETTABLE[name] ?? OF_ROLES, template.spec.containers[0].env ?? []),
      ...signInReasons(wish, limits),
      ...graceReasons(wish, template.spec.terminationGracePeriodSeconds),
    ]);
    return reasons.map(([part, reason]) => {
      const field = `${fieldOf(name)}.pod.${part}`;
      return { field, components: [name], sentence: `${field}: ${reason}` };
    });
  });
}

type Reason = [part: string, reason: string];

function namesReasons(wish: PodFields): Reason[] {
  return (["labels", "annotations"] as const).flatMap((part) =>
    Object.entries(wish[part] ?? {}).flatMap(([key, value]): Reason[] => {
      if (isReserved(key)) {
        return [[
          part,
          `${key} is Kubernetes', the operator's or a mesh's own, and pods are found and confined by such; leave it out`,
        ]];
      }
      const own = value.match(/[a-z0-9.-]+/g)?.find(isOwnSecret);
      return own === undefined
        ? []
        : [[part, `${key} names ${own}, which is the operator's own; leave it out`]];
    })
  );
}

/** Whether a label or annotation is not a Pipeline's to give. */
function isReserved(key: string): boolean {
  const [domain = ""] = key.split("/", 1);
  return key.includes("/") && !HARMLESS.includes(key) &&
    [...RESERVED, ...INJECTED].some((each) => domain === each || domain.endsWith(`.${each}`));
}

function secretReasons({ env = [], imagePullSecrets = [] }: PodFields): Reason[] {
  const own = (part: string, name: string | undefined): Reason[] =>
    name !== undefined && isOwnSecret(name)
      ? [[part, `Secret ${name} is the operator's own; name another one, that you made`]]
      : [];
  return [
    ...env.flatMap(({ valueFrom }) => own("env", valueFrom?.secretKeyRef.name)),
    ...imagePullSecrets.flatMap((name) => own("imagePullSecrets", name)),
  ];
}

function variableReasons(
  { env: wished = [] }: PodFields,
  settable: Settable,
  env: readonly { name: string }[],
): Reason[] {
  return wished.flatMap(({ name, value = "" }): Reason[] => {
    if (name !== "TZ" && !maySet(settable, name)) {
      const { told } = settable;
      return [["env", `${name} cannot be set here; what can is ${told}${told === "TZ" ? "" : ", and TZ"}`]];
    }
    if (env.filter((each) => each.name === name).length > 1) {
      return [["env", `${name} is set by the operator, or stands here twice; leave it out`]];
    }
    // Kubernetes, shells and Grafana put other variables in its place.
    return value.includes("$")
      ? [["env", `the value of ${name} has a $, which could stand for a password; leave it out`]]
      : [];
  });
}

/** Two underscores come before how Grafana finds a value. */
function maySet({ beginnings, names }: Settable, name: string): boolean {
  if (names.includes(name)) return true;
  return beginnings.some((each) => name.startsWith(each)) && !name.includes("__") &&
    !FILES.some((each) => name.endsWith(each));
}

/** Of some addresses Grafana signs people in, with a secret that it sends there. */
function signInReasons({ env = [] }: PodFields, limits: Limits): Reason[] {
  const addresses = env.filter(({ name }) => name.startsWith("GF_AUTH_") && name.endsWith("URL"));
  return addresses.flatMap(({ name, value }): Reason[] => {
    const reason = value === undefined ? "write it as a value" : placeReason(value, SECRET_OF_CLIENT, limits);
    return reason === undefined ? [] : [["env", `${name}: ${reason}`]];
  });
}

function graceReasons({ terminationGracePeriodSeconds: wish }: PodFields, applied: unknown): Reason[] {
  if (wish === undefined || applied === wish) return [];
  return [[
    "terminationGracePeriodSeconds",
    `within ${wish} s it cannot hand over what it holds; set it to ${applied} or more`,
  ]];
}
