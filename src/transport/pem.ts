import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { NamedFile } from "./named_file.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/** The certificates of a PEM text, each with its first and last line. Reads the text once, whatever it holds. */
export function certificatesIn(pem: string): string[] {
  const found: string[] = [];
  for (let from = pem.indexOf(BEGIN); from >= 0;) {
    const end = pem.indexOf(END, from);
    if (end < 0) break;
    found.push(`${pem.slice(from, end + END.length)}\n`);
    from = pem.indexOf(BEGIN, end);
  }
  return found;
}

/** A setting's value: a file of PEM certificates, or undefined for none. */
export function certificateFile(path: string): NamedFile | undefined {
  return path === "" ? undefined : new NamedFile(bounded(path), checkCertificates);
}

/** A setting's value: a file with one PEM private key, or undefined for none. */
export function keyFile(path: string): NamedFile | undefined {
  return path === "" ? undefined : new NamedFile(bounded(path), checkKey);
}

/**
 * Whether a private key is that of a file's first certificate; false also for kinds of keys that cannot be compared. Deno
 * 2.6 ends the process when it is given two that differ.
 */
export function keyFits(certificates: string, key: string): boolean {
  try {
    const of = createPublicKey(certificates).export({ format: "pem", type: "spki" });
    return of === createPublicKey(createPrivateKey(key)).export({ format: "pem", type: "spki" });
  } catch {
    return false;
  }
}

function bounded(path: string): string {
  if (path.length > 4096 || path.includes("\0")) throw new RangeError("a path of at most 4096 characters");
  return path;
}

function checkCertificates(text: string): void {
  const found = certificatesIn(text);
  const readable = found.every((pem) => succeeds(() => new X509Certificate(pem)));
  if (found.length === 0 || !readable) throw new RangeError("a file of PEM certificates");
}

/** Deno 2.6 ends the process for a key that its TLS does not know, such as one of RSA with 1024 bits. */
function checkKey(text: string): void {
  if (!succeeds(() => createPrivateKey(text)) || !isUsable(createPrivateKey(text))) {
    throw new RangeError(
      "a file with a PEM private key that needs no password, of RSA with 2048 to 4096 bits or of ECDSA with P-256 or P-384",
    );
  }
}

function isUsable({ asymmetricKeyDetails, asymmetricKeyType }: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = "", publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === "ec") return /^(p256|p384|prime256v1|secp384r1)$/.test(namedCurve);
  return asymmetricKeyType === "rsa" && modulusLength >= 2048 && modulusLength <= 4096 &&
    publicExponent >= 65_537n;
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
