import alive from "../../../../manifests/zookeeper/alive.sh" with { type: "text" };
import log from "../../../../manifests/zookeeper/log4j.properties" with { type: "text" };
import manifest from "../../../../manifests/zookeeper/objects.yaml" with { type: "text" };
import ready from "../../../../manifests/zookeeper/ready.sh" with { type: "text" };
import zooCfg from "../../../../manifests/zookeeper/zoo.cfg" with { type: "text" };
import { ENSEMBLE } from "../../names.ts";
import { metadataOf } from "../../metadata.ts";
import { replicasOf } from "../../pipeline.ts";
import { isExternal } from "../../external.ts";
import type { Definition } from "../definition.ts";
import type { Overlay } from "../overlays.ts";
import { serverParts } from "../server.ts";

export const zookeeper: Definition = {
  after: [],
  manifest,
  parts(context) {
    const { pipeline } = context;
    if (isExternal(pipeline, "zookeeper") || metadataOf(pipeline) === "KRaft") return undefined;
    const servers = replicasOf(pipeline, "zookeeper");
    const peers = Array.from(
      { length: servers },
      (_, i) =>
        `server.${i + 1}=zookeeper-${i}.zookeeper-headless.${pipeline.metadata.namespace}.svc:2888:3888\n`,
    );
    const files = {
      // A lone server that is told of itself waits for a majority of one, in another mode.
      "zoo.cfg": servers === 1 ? zooCfg : zooCfg + peers.join(""),
      "log4j.properties": log,
      "ready.sh": ready,
      "alive.sh": alive,
    };
    return serverParts(context, "zookeeper", files, {
      imageName: pipeline.spec.images.kafka,
      overlays: [ensembleOf(servers)],
    });
  },
};

const ensembleOf = (servers: number): Overlay => ({ workload: { metadata } }) => {
  metadata.annotations = { ...metadata.annotations, [ENSEMBLE]: String(servers) };
};
