/** Where pods run, as `spec.scheduling` says it for all components; manifests/crd.yaml says what each field means. */
export interface Scheduling {
  nodeSelector?: Record<string, string>;
  tolerations?: Record<string, unknown>[];
  affinity?: Record<string, unknown>;
  topologySpreadConstraints?: Record<string, unknown>[];
  priorityClassName?: string;
  schedulerName?: string;
  runtimeClassName?: string;
}

/** A variable of a container: a value, or a key of a Secret that the user made. */
export interface PodVariable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
}

/** What a Pipeline may say of one component's pods. All else of a pod is the manifest's: no field reaches it. */
export interface PodFields extends Scheduling {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  imagePullSecrets?: string[];
  env?: PodVariable[];
  terminationGracePeriodSeconds?: number;
}

/** Fields of the spec by a component's name, where they differ. */
const FIELDS: Record<string, string> = {
  "cassandra-web": "cassandraWeb",
  "kafka-controller": "kafkaController",
};

/** The field of the spec that describes a component, such as `cassandraWeb`. */
export const fieldOf = (component: string): string => FIELDS[component] ?? component;

/** What a spec says of a component's own pods. */
export function podFieldsOf(spec: object, component: string): PodFields {
  return (spec as Record<string, { pod?: PodFields } | undefined>)[fieldOf(component)]?.pod ?? {};
}
