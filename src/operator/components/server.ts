import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import type { Secured, ServerName } from "../names.ts";
import { type Pipeline, replicasOf, sizeOf } from "../pipeline.ts";
import { claimsOf, claimTemplates } from "../reconcile/observed.ts";
import type { EnvVar } from "../workload.ts";
import type { Context, Files, Parts } from "./definition.ts";
import {
  environment,
  image,
  type Overlay,
  replicas,
  resources,
  rolledBy,
  spread,
  storage,
} from "./overlays.ts";
import { quantity } from "../quantity.ts";

/** How many copies of each message and row are kept: three where there are as many servers. */
export const replication = (servers: number): number => Math.min(3, servers);

/** How many of the copies have to be there for a message to be taken: one of three may be away, as while it is restarted. */
export const leastInSync = (copies: number): number => Math.max(1, copies - 1);

/** How many copies setup makes: as many as the spec says of servers that somebody else runs. */
export function copiesOf(pipeline: Pipeline): Record<Secured, number> {
  const of = (name: Secured) =>
    pipeline.spec[name].external?.replication ?? replication(replicasOf(pipeline, name));
  return { kafka: of("kafka"), cassandra: of("cassandra") };
}

/** What all servers that keep data have in common. */
export function serverParts(
  { observed, pipeline }: Context,
  name: ServerName,
  files: Files,
  { env = {}, imageName, overlays = [] }: {
    imageName: string | undefined;
    env?: Record<string, EnvVar["value"]>;
    overlays?: readonly Overlay[];
  },
): Parts {
  const spec = sizeOf(pipeline, name);
  return {
    maps: { [`${name}-config`]: files },
    overlays: [
      replicas(replicasOf(pipeline, name)),
      image(pipeline.spec.images, imageName),
      resources(spec.resources),
      environment(env),
      rolledBy(files),
      spread(pipeline, name),
      storage({ ...pipeline.spec, ...spec }, claimTemplates(observed, name)),
      ...overlays,
    ],
    more: grownClaims({ observed, pipeline }, name),
  };
}

/** Claims that are smaller than the spec says, as patches of their size alone. */
function grownClaims(
  { observed, pipeline }: Pick<Context, "observed" | "pipeline">,
  name: ServerName,
): KubernetesObject[] {
  const { storage } = sizeOf(pipeline, name);
  return [...claimsOf(observed, name).values()]
    .filter((claim) => quantity(claim.spec.resources.requests.storage)! < quantity(storage)!)
    .map(({ metadata: { name, namespace } }) => ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      spec: { resources: { requests: { storage } } },
    }));
}
