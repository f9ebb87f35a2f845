import properties from "../../../manifests/kafdrop/kafka.properties" with { type: "text" };
import manifest from "../../../manifests/kafdrop/objects.yaml" with { type: "text" };
import tlsPod from "../../../manifests/kafdrop/tls.yaml" with { type: "text" };
import { clientsUseTls } from "../security/transport.ts";
import type { Definition } from "./definition.ts";
import { image, resources } from "./overlays.ts";
import { secureTool } from "./transport.ts";

/** Kafdrop, which nobody reaches but by a port-forward. */
export const kafdrop: Definition = {
  after: ["kafka"],
  manifest,
  parts({ pipeline: { spec: { images, kafdrop } }, security }) {
    if (!kafdrop.enabled) return undefined;
    return {
      maps: clientsUseTls(security.transport) ? { "kafdrop-config": { "kafka.properties": properties } } : {},
      overlays: [
        image(images, images.kafdrop),
        resources(kafdrop.resources),
        ...secureTool(security, tlsPod),
      ],
    };
  },
};
