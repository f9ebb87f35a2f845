import {
  CLOCK_SKEW,
  factsOf,
  holds,
  isKeyOf,
  isSignedBy,
  type Signer,
  type Validity,
} from "./certificate_authority.ts";
import { certificatesIn } from "../../transport/pem.ts";

const YEAR = 365 * 86_400_000;
/** How long a CA holds, milliseconds. */
const LIFETIME = 10 * YEAR;
/** The next CA is made when this much time is left of the present one, so that no certificate outlives its CA. */
const NEXT_AT = LIFETIME / 3;
/** Time after which every pod has seen a changed ConfigMap, milliseconds: kubelets look about once a minute. */
const SEEN_AFTER = 300_000;

/**
 * The CA that signs, and those that are trusted beside it during a change: everybody trusts the next CA before it signs, and
 * the previous one until no server shows a certificate of it. So a change of the CA breaks no connection.
 */
export class Authorities {
  #current: string | undefined;
  #key: string | undefined;
  #next: Signer | undefined;
  #previous: string | undefined;

  /**
   * @param data of the CA's Secret; empty when there is none
   * @param trusted PEM of what the servers trust now. A CA of which only this is left is followed by another.
   */
  static read(data: Record<string, string | undefined>, trusted: string): Authorities {
    const authorities = new Authorities();
    const { "ca.crt": current, "ca.key": key, "next.crt": next, "next.key": nextKey } = data;
    const known = factsOf(current) !== undefined;
    authorities.#current = known ? current : certificatesIn(trusted)[0];
    authorities.#key = known ? fitting(current!, key) : undefined;
    const fittingNext = next === undefined ? undefined : fitting(next, nextKey);
    if (fittingNext !== undefined) authorities.#next = { certificate: next!, key: fittingNext };
    if (factsOf(data["previous.crt"])) authorities.#previous = data["previous.crt"];
    return authorities;
  }

  /** PEM of the CA whose signature servers are to show. */
  get current(): string {
    return this.#current ?? "";
  }

  /** The CA that signs new certificates. */
  get signer(): Signer {
    if (this.#current !== undefined && this.#key !== undefined) {
      return { certificate: this.#current, key: this.#key };
    }
    if (!this.#next) throw new Error("there is no CA to sign with");
    return this.#next;
  }

  /** Whether the present CA signs; where its key is lost, the next one does, which not everybody trusts yet. */
  get currentSigns(): boolean {
    return this.#key !== undefined;
  }

  /** Whether a certificate may be shown: the present CA has signed it, or the next. */
  hasSigned(certificate: string): boolean {
    return [this.#current, this.#next?.certificate].some((pem) =>
      pem !== undefined && isSignedBy(certificate, pem)
    );
  }

  /** When what it signs has to end, milliseconds since the epoch. */
  get until(): number {
    return factsOf(this.signer.certificate)!.until;
  }

  /** PEM of every CA that is to be trusted. */
  get bundle(): string {
    return [this.#current, this.#next?.certificate, this.#previous].filter((pem) => pem !== undefined).join(
      "",
    );
  }

  /** What the Secret holds. */
  data(): Record<string, string> {
    const entries = {
      "ca.crt": this.#current,
      "ca.key": this.#key,
      "next.crt": this.#next?.certificate,
      "next.key": this.#next?.key,
      "previous.crt": this.#previous,
    };
    return Object.fromEntries(
      Object.entries(entries).filter((entry): entry is [string, string] => !!entry[1]),
    );
  }

  /**
   * Does the one step that is due, and says which it was.
   *
   * @param now milliseconds since the epoch
   * @param rolled every server runs with what it is to show and trust
   * @param make makes a CA
   */
  async advance(
    now: number,
    rolled: boolean,
    make: (validity: Validity) => Promise<Signer>,
  ): Promise<string | undefined> {
    const validity = { from: now, until: now + LIFETIME };
    const facts = factsOf(this.#current);
    if (this.#next && !holds(factsOf(this.#next.certificate), now)) this.#next = undefined;
    if (!facts || !holds(facts, now)) {
      // A CA outside its validity, as after a wrong clock, signs what nobody accepts.
      ({ certificate: this.#current, key: this.#key } = this.#next ?? await make(validity));
      this.#next = this.#previous = undefined;
      return "a CA was made";
    }
    if (!this.#next) {
      if (this.#key !== undefined && facts.until - now > NEXT_AT) return this.#dropPrevious(rolled);
      this.#next = await make(validity);
      return "the next CA was made, and is trusted beside the present one";
    }
    const seen = now - factsOf(this.#next.certificate)!.from - CLOCK_SKEW > SEEN_AFTER;
    if (!rolled || !seen) return undefined;
    this.#previous = this.#current;
    ({ certificate: this.#current, key: this.#key } = this.#next);
    this.#next = undefined;
    return "the next CA signs from now on";
  }

  #dropPrevious(rolled: boolean): string | undefined {
    if (this.#previous === undefined || !rolled) return undefined;
    this.#previous = undefined;
    return "the previous CA is no longer trusted";
  }
}

/** The key, if it belongs to the certificate: nobody accepts what another key has signed. */
const fitting = (certificate: string, key: string | undefined): string | undefined =>
  key !== undefined && isKeyOf(key, certificate) ? key : undefined;
