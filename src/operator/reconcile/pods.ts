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
const OWN_ROLES =
  /^(LOG_(LEVEL|FORMAT)|OTEL_TRACES_SAMPLER_ARG|PROCESSOR_[A-Z_]+|PRODUCER_BUFFER_TRADES|FINNHUB_IDLE_TIMEOUT|CASSANDRA_CONSISTENCY|BACKFILL_(PARALLEL|SETTLE|MAX_TRADES))$/;
const GRAFANA =
  /^(?!.*_(FILE|CA|CERT|KEY)$)GF_(AUTH|DASHBOARDS|DATE_FORMATS|EXPLORE|LIVE|LOG|SNAPSHOTS|USERS)_([A-Z0-9]|_(?!_))+$/;
/** Of these Grafana signs people in, with a secret that it sends there. */
const SIGN_IN = /^GF_AUTH_.*URL$/;
const SECRET_OF_CLIENT: Sent = { secure: "https", place: "sign-in", secret: "client's secret" };
const KAFDROP = /^LOGGING_LEVEL_[A-Z_]+$/;
const NONE = /^$/;
const SETTABLE: Record<string, [pattern: RegExp, told: string]> = {
  grafana: [GRAFANA, "GF_AUTH_…, GF_USERS_…, GF_LOG_… and such of Grafana's"],
  kafdrop: [KAFDROP, "LOGGING_LEVEL_…"],
  zookeeper: [NONE, "TZ"],
  kafka: [NONE, "TZ"],
  cassandra: [NONE, "TZ"],
  "cassandra-web": [NONE, "TZ"],
};
const ROLES: [RegExp, string] = [OWN_ROLES, "LOG_LEVEL, LOG_FORMAT, PROCESSOR_… and such"];

/** Names that belong to Kubernetes or to us: pods are selected, scheduled and confined by them. */
const RESERVED = /^([a-z0-9.-]+\.)?(kubernetes\.io|k8s\.io|finnhub-pipe\.dev)\//;
/** Of service meshes and networks: by these another container mounts what it likes, or a pod gets another network. */
const INJECTED = /^(sidecar\.istio\.io\/(?!inject$)|inject\.istio\.io\/|k8s\.v1\.cni\.cncf\.io\/)/;
const HARMLESS = /^cluster-autoscaler\.kubernetes\.io\//;

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
      ...variableReasons(wish, SETTABLE[name] ?? ROLES, template.spec.containers[0].env ?? []),
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
      if ((RESERVED.test(key) && !HARMLESS.test(key)) || INJECTED.test(key)) {
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
  [settable, told]: [RegExp, string],
  env: readonly { name: string }[],
): Reason[] {
  return wished.flatMap(({ name, value = "" }): Reason[] => {
    if (name !== "TZ" && !settable.test(name)) {
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

function signInReasons({ env = [] }: PodFields, limits: Limits): Reason[] {
  return env.filter(({ name }) => SIGN_IN.test(name)).flatMap(({ name, value }): Reason[] => {
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
