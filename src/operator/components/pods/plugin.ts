import type { PipelineSpec } from "../../pipeline.ts";
import type { Overlay } from "../overlays.ts";
import { TLS_PORT } from "./outside.ts";

/** Where a claim with the plugin is mounted. */
const MOUNTED = "/plugins";

/**
 * Takes Grafana's plugin from its image or a volume instead of the internet, and closes the way there. Nothing is fetched then, the
 * plugins that Grafana installs by itself included: https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#preinstall_disabled
 */
export const plugin =
  ({ claimName, path, source }: PipelineSpec["grafana"]["plugin"]): Overlay => (draft) => {
    if (source === "Internet") return;
    const { spec } = draft.pods.spec.template;
    const [container] = spec.containers;
    container.env = [
      ...(container.env ?? []).filter(({ name }) => name !== "GF_PLUGINS_PREINSTALL"),
      { name: "GF_PLUGINS_PREINSTALL_DISABLED", value: "true" },
      { name: "GF_PATHS_PLUGINS", value: source === "Volume" ? MOUNTED : path },
    ];
    if (source === "Volume") {
      const name = "plugins";
      spec.volumes = [
        ...(spec.volumes as unknown[]),
        { name, persistentVolumeClaim: { claimName, readOnly: true } },
      ];
      container.volumeMounts = [
        ...(container.volumeMounts as unknown[]),
        { name, mountPath: MOUNTED, readOnly: true },
      ];
    }
    const policy = draft.objects.find(({ kind }) => kind === "NetworkPolicy")!;
    const ways = policy.spec as { egress: { to?: unknown; ports: { port: number }[] }[] };
    ways.egress = ways.egress.filter(({ ports, to }) => to !== undefined || ports[0]?.port !== TLS_PORT);
  };
