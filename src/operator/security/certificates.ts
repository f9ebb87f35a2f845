import { SECURED, type Secured } from "../names.ts";
import { type Cluster, ClusterError, type KubernetesObject } from "../../kubernetes/cluster.ts";
import { duration } from "../../settings/parsers.ts";
import { Authorities } from "./authorities.ts";
import { type Facts, factsOf, isKeyOf, issue, type Signer, type Validity } from "./certificate_authority.ts";
import type { Events } from "../reconcile/events.ts";
import { MANAGED_BY } from "../names.ts";
import { hash } from "../hash.ts";
import { isExternal } from "../external.ts";
import { quorumOf } from "../metadata.ts";
import type { Pipeline } from "../pipeline.ts";
import { ownersOf, secretOf, secretRef } from "./secrets.ts";
import { AUTHORITIES, PLAIN, type Security } from "./security.ts";
import type { Transport } from "./transport.ts";

export interface CertificatesOptions {
  cluster: Cluster;
  events: Events;
  /** Milliseconds since the epoch. */
  now(): number;
  randomBytes(length: number): Uint8Array;
  /** Makes a CA. */
  makeAuthority(validity: Validity): Promise<Signer>;
  /** Of the servers' RSA keys. Default what is good for years. */
  serverBits?: number;
}

/** What a server's Secret holds: its certificate and key, both in one file as the servers want it, and the CAs. */
interface Held {
  secret: KubernetesObject | undefined;
  signer: Signer | undefined;
  authorities: string;
}

/** What the cluster shows of its servers and clients. */
export interface Shown {
  /** PEM of the CAs that clients are told to trust; undefined when they are told of none. */
  trusted: string | undefined;
  /** Whether all of a server's pods run with the certificate of that name. */
  isRolled(server: Secured, certificate: string): boolean;
}

/** A certificate is renewed when this part of its time is left. */
const RENEW_AT = 1 / 3;

/**
 * Keeps the pipeline's CA and the certificates of its servers, each in a Secret: made when missing, renewed in time. A Secret
 * that is deleted is how people ask for a new one.
 */
export class Certificates {
  constructor(readonly options: CertificatesOptions) {}

  /**
   * What servers show and clients trust now; writes nothing when `idle`.
   *
   * @throws {ClusterError} when the Secrets can be neither read nor written.
   */
  async ensure(
    pipeline: Pipeline,
    transport: Transport,
    { idle, isRolled, trusted }: Shown & { idle: boolean },
    signal: AbortSignal,
  ): Promise<Security> {
    if (transport === "plain") return PLAIN;
    const { makeAuthority, now } = this.options;
    // Those of somebody else have certificates of their own.
    const own = SECURED.filter((name) => !isExternal(pipeline, name));
    const held: Record<Secured, Held> = { kafka: heldBy(undefined), cassandra: heldBy(undefined) };
    for (const name of own) {
      held[name] = heldBy(await this.#read(pipeline, nameOfSecret(name), idle, signal));
    }
    const found = await this.#read(pipeline, AUTHORITIES, idle, signal);
    const known = held.kafka.authorities || held.cassandra.authorities || trusted || "";
    const authorities = Authorities.read(dataOf(found), known);
    // An operator may have ended after it wrote the CA, and before it told the servers and clients of it.
    const rolled = trusted === authorities.bundle &&
      own.every((name) =>
        held[name].authorities === authorities.bundle && isRolled(name, nameOf(held[name])) &&
        this.#reasonToRenew(pipeline, name, held[name], authorities) === undefined
      );
    if (!idle) {
      const told = await authorities.advance(now(), rolled, makeAuthority);
      if (told !== undefined) {
        await this.#write(pipeline, AUTHORITIES, found, authorities.data(), signal);
        this.options.events.add(pipeline, "Normal", "AuthorityChanged", told);
      }
      for (const name of own) {
        held[name] = await this.#renew(pipeline, name, held[name], authorities, signal);
      }
    }
    const facts = own.flatMap((name) => factsOf(held[name].signer?.certificate) ?? []);
    const first = (times: number[]) => new Date(Math.min(...times)).toISOString().replace(/\.\d+Z$/, "Z");
    return {
      transport,
      authorities: authorities.bundle,
      certificates: { kafka: nameOf(held.kafka), cassandra: nameOf(held.cassandra) },
      ...(facts.length > 0 && {
        validUntil: first(facts.map(({ until }) => until)),
        renewedAt: first(facts.map(renewalOf)),
      }),
    };
  }

  async #renew(
    pipeline: Pipeline,
    server: Secured,
    held: Held,
    authorities: Authorities,
    signal: AbortSignal,
  ): Promise<Held> {
    const { events, now, randomBytes, serverBits } = this.options;
    const reason = this.#reasonToRenew(pipeline, server, held, authorities);
    if (reason === undefined && held.authorities === authorities.bundle) return held;
    const lifetime = duration(pipeline.spec.security.certificateLifetime);
    const validity = { from: now(), until: Math.min(now() + lifetime, authorities.until) };
    const signer = reason === undefined
      ? held.signer!
      : await issue(authorities.signer, namesOf(server, pipeline), validity, randomBytes, serverBits);
    const data = {
      "ca.crt": authorities.bundle,
      "tls.crt": signer.certificate,
      "tls.key": signer.key,
      "keystore.pem": signer.key + signer.certificate,
    };
    await this.#write(pipeline, nameOfSecret(server), held.secret, data, signal);
    const what = reason === undefined
      ? `${server} is told of the CAs that are trusted now`
      : `${server} has a new certificate: ${reason}`;
    events.add(pipeline, "Normal", "CertificateRenewed", what);
    return { secret: undefined, signer, authorities: authorities.bundle };
  }

  #reasonToRenew(
    pipeline: Pipeline,
    server: Secured,
    { signer }: Held,
    authorities: Authorities,
  ): string | undefined {
    const now = this.options.now();
    const facts = factsOf(signer?.certificate);
    if (!signer || !facts) return "there was none";
    if (facts.from > now) return "its time has not come yet";
    if (now > (authorities.currentSigns ? renewalOf(facts) : facts.until)) return "its time was running out";
    if (facts.names.join() !== namesOf(server, pipeline).join()) return "its names have changed";
    if (!authorities.hasSigned(signer.certificate)) return "the CA that signs is another";
    return undefined;
  }

  async #read(
    pipeline: Pipeline,
    name: string,
    idle: boolean,
    signal: AbortSignal,
  ): Promise<KubernetesObject | undefined> {
    const { cluster } = this.options;
    const found = await cluster.get(secretRef(pipeline, name), signal);
    if (!found) return undefined;
    const { labels, ownerReferences } = found.metadata;
    if (Object.entries(MANAGED_BY).some(([label, value]) => labels?.[label] !== value)) {
      throw new ClusterError(
        `Secret ${name} is not the operator's own, which does not overwrite it: make room for one of that name`,
        { status: 422, reason: "NotOurs" },
      );
    }
    const owners = ownersOf(pipeline);
    if (idle || owners.every(({ uid }) => ownerReferences?.some((owner) => owner.uid === uid))) return found;
    // Of a Pipeline of before, with which it would be deleted.
    return await cluster.replace(
      { ...found, metadata: { ...found.metadata, ownerReferences: owners } },
      signal,
    );
  }

  async #write(
    pipeline: Pipeline,
    name: string,
    found: KubernetesObject | undefined,
    data: Record<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const { cluster } = this.options;
    const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)]));
    if (found) {
      await cluster.replace({ ...found, data: encoded }, signal);
      return;
    }
    await cluster.create(secretOf(secretRef(pipeline, name), ownersOf(pipeline), encoded), signal);
  }
}

/** When a certificate is renewed, milliseconds since the epoch. */
const renewalOf = ({ from, until }: Facts): number => until - (until - from) * RENEW_AT;

const nameOfSecret = (server: Secured): string => `${server}-tls`;

/** Under which a server is asked for: by its Service, and by each of its pods. */
function namesOf(server: Secured, pipeline: Pipeline): string[] {
  const { namespace = "default" } = pipeline.metadata;
  const controllers = server === "kafka" && (quorumOf(pipeline)?.controllers ?? 0) > 0;
  return [
    server,
    `${server}.${namespace}.svc`,
    `${server}.${namespace}.svc.cluster.local`,
    `*.${server}-headless.${namespace}.svc`,
    ...(controllers ? [`*.kafka-controller-headless.${namespace}.svc`] : []),
  ];
}

/** Changes with what a server shows or trusts; tells nothing of its key. */
function nameOf({ authorities, signer }: Held): string {
  return signer === undefined ? "" : hash(`${signer.certificate}${authorities}`);
}

function heldBy(secret: KubernetesObject | undefined): Held {
  const data = dataOf(secret);
  const { "ca.crt": authorities = "", "tls.crt": certificate = "", "tls.key": key = "" } = data;
  const usable = isKeyOf(key, certificate) && data["keystore.pem"] === key + certificate;
  const signer = usable ? { certificate, key } : undefined;
  return { secret, signer, authorities };
}

/** A Secret's values; those that are not base64 are left out. */
function dataOf(secret: KubernetesObject | undefined): Record<string, string | undefined> {
  const data = Object.entries((secret?.data ?? {}) as Record<string, string>);
  return Object.fromEntries(data.flatMap(([key, value]) => {
    try {
      return [[key, atob(value)]];
    } catch {
      return [];
    }
  }));
}
