import type { Certificates, Shown } from "./certificates.ts";
import type { Secured } from "../names.ts";
import type { Credentials } from "./credentials.ts";
import { secretTrouble } from "./secrets.ts";
import type { Workload } from "../workload.ts";
import { type Observed, progressOf } from "../reconcile/observed.ts";
import { isExternal } from "../external.ts";
import type { Pipeline } from "../pipeline.ts";
import { AUTHORITIES, PLAIN, type Security } from "./security.ts";
import { CERTIFICATE, nextTransport, presentTransport } from "./transport.ts";

export interface SecuringOptions {
  observed: Observed;
  certificates: Certificates;
  kafkaLogins: Credentials;
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface Secure {
  security: Security;
  /** Why the pipeline goes on without TLS that it should have. */
  refused: string[];
  /** Why nothing can be done at all. */
  troubles: string[];
}

/** Finds out how servers and clients are to speak to one another now, and keeps what they need for it. */
export class Securing {
  constructor(readonly options: SecuringOptions) {}

  /**
   * @param idle writes nothing
   * @throws {ClusterError} when the API server cannot be reached.
   */
  async ensure(pipeline: Pipeline, idle: boolean, signal: AbortSignal): Promise<Secure> {
    const { certificates, kafkaLogins, now, observed } = this.options;
    const transport = nextTransport(pipeline, observed, now());
    const map = observed.get("ConfigMap", AUTHORITIES)?.data as Record<string, string> | undefined;
    const shown: Shown = {
      trusted: map?.["ca.crt"],
      isRolled: (server, certificate) => runsWith(observed, server, certificate),
    };
    try {
      const loginless = transport === "plain" || idle || isExternal(pipeline, "kafka");
      const refused = loginless ? [] : await kafkaLogins.ensure(pipeline, signal);
      const security = await certificates.ensure(pipeline, transport, { idle, ...shown }, signal);
      return { security, refused, troubles: [] };
    } catch (error) {
      // What may succeed in a moment says nothing about what is allowed.
      const trouble = secretTrouble(error);
      if (trouble === undefined) throw error;
      const sentence = `security.tls: the Secrets that it needs cannot be kept: ${trouble}`;
      // What runs goes on as it is, and what does not is not started with less than was asked for.
      return presentTransport(observed) === "plain"
        ? { security: PLAIN, refused: [sentence], troubles: [] }
        : { security: PLAIN, refused: [], troubles: [sentence] };
    }
  }
}

function runsWith(observed: Observed, server: Secured, certificate: string): boolean {
  const runs = (live: Workload) =>
    progressOf(live).settled && live.spec.template.metadata?.annotations?.[CERTIFICATE] === certificate;
  const [live, controllers] = [server, "kafka-controller"].map((name) =>
    observed.get("StatefulSet", name) as Workload | undefined
  );
  // Those of Kafka show the same.
  return live !== undefined && runs(live) && (server !== "kafka" || !controllers || runs(controllers));
}
