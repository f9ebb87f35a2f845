import manifest from "../../../manifests/producer/objects.yaml" with { type: "text" };
import type { Definition } from "./definition.ts";
import { environment, image, replicas, resources } from "./overlays.ts";
import { secureRole } from "./transport.ts";

export const producer: Definition = {
  after: ["setup"],
  manifest,
  parts({ pipeline: { spec: { feed, images, kafka, producer, tickers } }, raising, security }) {
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
        ...secureRole(security, { kafka: "producer" }),
      ],
    };
  },
};
