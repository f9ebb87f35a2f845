import { SettingError } from "../settings/read_settings.ts";
import type { NamedFile } from "./named_file.ts";
import { keyFits } from "./pem.ts";

/** Whose settings are meant: the variables' names begin so. */
export type Peer = "KAFKA" | "CASSANDRA";

export interface TlsSettings {
  tls: boolean;
  ca: NamedFile | undefined;
  cert: NamedFile | undefined;
  key: NamedFile | undefined;
}

/** Options of `tls.connect`. Read for each connection: what a renewed file has counts from the next one on. */
export interface TlsOptions {
  readonly rejectUnauthorized: true;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Undefined for the host that is connected to. */
  readonly servername?: string;
}

/**
 * The options of secure connections; undefined when they are off.
 *
 * @param name that the servers' certificates must have, where it is not the host that is connected to
 * @throws {SettingError} for settings that contradict each other.
 */
export function tlsOptions(
  peer: Peer,
  { ca, cert, key, tls }: TlsSettings,
  name?: string,
): TlsOptions | undefined {
  const given = { CA_FILE: ca, CERT_FILE: cert, KEY_FILE: key };
  if (!tls) {
    const [useless] = Object.entries(given).find(([, file]) => file !== undefined) ?? [];
    if (useless === undefined) return undefined;
    throw new SettingError(
      `${peer}_${useless} is set and ${peer}_TLS is not; set ${peer}_TLS=true to connect by TLS`,
    );
  }
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = cert === undefined ? ["KEY_FILE", "CERT_FILE"] : ["CERT_FILE", "KEY_FILE"];
    throw new SettingError(
      `${peer}_${has} is set and ${peer}_${lacks} is not; a client certificate needs both`,
    );
  }
  const pair = cert && key ? new FittingPair(cert, key) : undefined;
  if (pair && !pair.current) {
    throw new SettingError(
      `${peer}_KEY_FILE must be the private key of the first certificate in ${peer}_CERT_FILE`,
    );
  }
  return {
    rejectUnauthorized: true,
    ...(name !== undefined && { servername: name }),
    get ca() {
      return ca?.text;
    },
    get cert() {
      return pair?.current?.cert;
    },
    get key() {
      return pair?.current?.key;
    },
  };
}

/** A certificate and its key, which are renewed one after the other: the former two are used until both are there. */
class FittingPair {
  #tried: { cert: string; key: string } | undefined;
  #fitting: { cert: string; key: string } | undefined;

  constructor(readonly cert: NamedFile, readonly key: NamedFile) {}

  /** Undefined when none ever fitted. */
  get current(): { cert: string; key: string } | undefined {
    const [cert, key] = [this.cert.text, this.key.text];
    if (this.#tried?.cert !== cert || this.#tried.key !== key) {
      this.#tried = { cert, key };
      if (keyFits(cert, key)) this.#fitting = this.#tried;
    }
    return this.#fitting;
  }
}
