import { parse } from "@std/yaml";
import type { Container, EnvVar, Templated } from "./manifests.ts";

interface Named {
  name: string;
}

interface Overlay {
  /** Lists are added to what the container has, by name; everything else takes its place. */
  container?: Record<string, unknown> & { env?: EnvVar[] };
  volumes?: Named[];
}

/** Gives a pod what a file of manifests/ says that it has more of, or otherwise, such as when it speaks TLS. */
export function overlay({ spec: { template } }: Templated, text: string): void {
  const { container: more = {}, volumes = [] } = parse(text) as Overlay;
  const [container] = template.spec.containers;
  for (const [field, value] of Object.entries(more)) {
    container[field] = Array.isArray(value) && field !== "command"
      ? joined(container[field] as Named[] | undefined, value)
      : value;
  }
  if (volumes.length > 0) template.spec.volumes = joined(template.spec.volumes as Named[], volumes);
}

/** Sets whose login a container has: a name, and the key of its password in the Secret that the variable is read from. */
export function setLogin({ env }: Container, peer: "KAFKA", user: string): void {
  for (const variable of env ?? []) {
    if (variable.name === `${peer}_USER`) variable.value = user;
    if (variable.name !== `${peer}_PASSWORD`) continue;
    const { secretKeyRef } = variable.valueFrom as { secretKeyRef: { key: string } };
    secretKeyRef.key = `${user}-password`;
  }
}

function joined(before: readonly Named[] = [], more: readonly Named[]): Named[] {
  const names = new Set(more.map(({ name }) => name));
  return [...before.filter(({ name }) => !names.has(name)), ...more];
}
