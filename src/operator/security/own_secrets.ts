import { CREDENTIALS } from "./credentials.ts";
import { AUTHORITIES, KAFKA_LOGINS } from "./security.ts";

/** The Secrets that the operator makes, and what each of them is. */
export const OWN_SECRETS: Readonly<Record<string, string>> = {
  [CREDENTIALS]: "the pipeline's passwords",
  [KAFKA_LOGINS]: "the roles' Kafka logins",
  [AUTHORITIES]: "the key of the pipeline's CA",
  "kafka-tls": "Kafka's certificate",
  "cassandra-tls": "Cassandra's certificate",
};

/** Every other name that begins so is kept for Secrets of later versions, and for the operator's own account. */
const RESERVED = "finnhub-pipe-";

/** Whether a Pipeline may not name a Secret: it is the operator's own. `manifests/crd.yaml` has the same rule. */
export const isOwnSecret = (name: string): boolean =>
  name.startsWith(RESERVED) || Object.hasOwn(OWN_SECRETS, name);
