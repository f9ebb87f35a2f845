import type { Secured } from "../names.ts";
import type { Transport } from "./transport.ts";

/** How servers and clients speak to one another. */
export interface Security {
  transport: Transport;
  /** PEM of the CAs that clients trust. */
  authorities: string;
  /** Names what each server shows and trusts: its pods are rolled when that changes. */
  certificates: Record<Secured, string>;
  /** When the first of the certificates ends, RFC 3339; absent where there are none. */
  validUntil?: string;
  /** When the first of them is renewed, RFC 3339. */
  renewedAt?: string;
}

/** The ConfigMap with the CAs, which pods refer to by this name in manifests/. */
export const AUTHORITIES = "finnhub-pipe-ca";

/** The Secret with the Kafka logins of our own roles, and what it holds. */
export const KAFKA_LOGINS = "finnhub-pipe-kafka-logins";
export const KAFKA_LOGIN_KEYS = ["broker", "setup", "producer", "processor", "dashboard", "kafdrop"]
  .map((user) => `${user}-password`);

export const PLAIN: Security = {
  transport: "plain",
  authorities: "",
  certificates: { kafka: "", cassandra: "" },
};
