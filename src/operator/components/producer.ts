import manifest from "../../../manifests/producer/objects.yaml" with { type: "text" };
import type { Definition } from "./definition.ts";
import { servers } from "./pods/servers.ts";
import { environment, image, type Overlay, replicas, resources } from "./overlays.ts";
import { portOf, registry, TLS_PORT, tracing } from "./pods/outside.ts";

export const producer: Definition = {
  after: ["setup"],
  manifest,
  parts(context) {
    const { pipeline: { spec }, raising } = context;
    const { feed, images, kafka, producer, tickers } = spec;
    return {
      overlays: [
        replicas(raising ? 0 : 1),
        image(images, images.pipeline),
        resources(producer.resources),
        environment({
          FINNHUB_STOCKS_TICKERS: tickers.join(","),
          FINNHUB_VALIDATE_TICKERS: String(feed.validateTickers),
          FINNHUB_WS_URL: feed.websocketUrl,
          FINNHUB_REST_URL: feed.restUrl,
          FINNHUB_API_TOKEN: { secretKeyRef: feed.tokenSecret },
          KAFKA_TOPIC_NAME: kafka.topic.name,
        }),
        feedPorts([feed.websocketUrl, feed.restUrl]),
        ...servers(context, { kafka: "producer" }),
        ...registry(spec, { writes: true }),
        ...tracing(spec),
      ],
    };
  },
};

/** Opens the ports of the feed's addresses, those of Finnhub where none are given. */
const feedPorts = (addresses: readonly (string | undefined)[]): Overlay => ({ objects }) => {
  const policy = objects.find(({ kind }) => kind === "NetworkPolicy")!;
  const { egress } = policy.spec as { egress: { to?: unknown; ports: { port: number }[] }[] };
  const feed = egress.find(({ ports, to }) => to === undefined && ports[0]?.port === TLS_PORT)!;
  feed.ports = [...new Set(addresses.map(portOf))].sort((a, b) => a - b).map((port) => ({ port }));
};
