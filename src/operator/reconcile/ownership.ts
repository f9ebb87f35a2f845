import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { MANAGED_BY, type ServerName, SERVERS } from "../names.ts";
import { fieldOf } from "../components/pods/fields.ts";
import { type Pipeline, replicasOf } from "../pipeline.ts";
import type { Workload } from "../workload.ts";
import { claimsOf, type Observed } from "./observed.ts";
import type { Withheld } from "./refusals.ts";

/** By this annotation, `true`, whoever made an object hands it over to the operator. */
export const ADOPT = "finnhub-pipe.dev/adopt";

const isHandedOver = ({ metadata }: KubernetesObject) => metadata.annotations?.[ADOPT] === "true";

/** Whether an object of the cluster may be changed to what is wanted under its name: it was made for a Pipeline, or handed over. */
export function isOurs(live: KubernetesObject, wanted: KubernetesObject): boolean {
  const { labels, ownerReferences } = live.metadata;
  const labelled = Object.entries(MANAGED_BY).every(([label, value]) => labels?.[label] === value);
  // Whoever takes our label away by hand makes it nobody else's.
  const owned = wanted.metadata.ownerReferences?.some(({ uid }) =>
    ownerReferences?.some((owner) => owner.uid === uid)
  );
  return labelled || owned === true || isHandedOver(live);
}

/** What is said of an object of somebody else that has the name of one of ours. */
export function notOurs({ kind, metadata: { name, namespace } }: KubernetesObject): string {
  const kubectl = namespace === undefined ? "kubectl" : `kubectl -n ${namespace}`;
  return `${kind} ${name} is somebody else's and is left alone: take it away or give it another name, or hand it over with ` +
    `${kubectl} annotate ${kind.toLowerCase()} ${name} ${ADOPT}=true`;
}

/** Names of volume claims that somebody else made, and that a server of ours would take for its own. */
export function foreignClaims(observed: Observed, server: ServerName): Map<number, string> {
  const live = observed.get("StatefulSet", server) as Workload | undefined;
  // Its servers have theirs, wherever these came from.
  const taken = live?.spec.replicas ?? 0;
  const found = [...claimsOf(observed, server)].filter(([number, claim]) =>
    number >= taken && claim.metadata.labels?.["app.kubernetes.io/name"] !== server && !isHandedOver(claim)
  );
  return new Map(found.map(([number, { metadata: { name } }]) => [number, name]));
}

/** Servers that are not made, or not grown, since a volume that they would use is somebody else's. */
export function refuseForeignVolumes(pipeline: Pipeline, observed: Observed): Withheld[] {
  return SERVERS.flatMap((server) => {
    const wanted = replicasOf(pipeline, server);
    const claims = [...foreignClaims(observed, server)].filter(([number]) => number < wanted);
    return claims.map(([, name]) => ({
      field: `${fieldOf(server)}.replicas`,
      components: [server],
      sentence: notOurs({
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { ...pipeline.metadata, name },
      }),
    }));
  });
}
