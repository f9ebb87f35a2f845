import manifest from "../../../manifests/cassandra-web/objects.yaml" with { type: "text" };
import type { Definition } from "./definition.ts";
import { toolsCassandra } from "./pods/servers.ts";
import { image, resources } from "./overlays.ts";

/** The Cassandra web page, which nobody reaches but by a port-forward. */
export const cassandraWeb: Definition = {
  after: ["setup"],
  manifest,
  parts({ pipeline: { spec: { cassandra, cassandraWeb, images } } }) {
    if (!cassandraWeb.enabled) return undefined;
    return {
      overlays: [
        image(images, images.cassandraWeb),
        resources(cassandraWeb.resources),
        ...toolsCassandra(cassandra.external, "CASSANDRA_USERNAME"),
      ],
    };
  },
};
