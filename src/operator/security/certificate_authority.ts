import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
// @ts-types="npm:@types/node-forge@1.3.14"
import forge from "node-forge";
import { keyFits } from "../../transport/pem.ts";
import { remembering } from "../reconcile/remembering.ts";

/** A certificate and its private key, PEM. */
export interface Signer {
  certificate: string;
  key: string;
}

/** From and until when a certificate holds, milliseconds since the epoch. */
export interface Validity {
  from: number;
  until: number;
}

export interface Facts extends Validity {
  /** DNS names that it is for. */
  names: string[];
}

/** Clocks differ: a certificate holds from this long before it is made, in milliseconds. */
export const CLOCK_SKEW = 300_000;

const AUTHORITY_BITS = 3072;
const SERVER_BITS = 2048;
const DNS_NAME = 2;

/**
 * Makes a CA that signs itself.
 *
 * @param randomBytes for the serial number, by which it can be told from others
 * @param bits of its RSA key
 */
export async function makeAuthority(
  validity: Validity,
  randomBytes: (length: number) => Uint8Array,
  bits: number = AUTHORITY_BITS,
): Promise<Signer> {
  const { key, publicKey } = await newKey(bits);
  const certificate = begin(validity, publicKey, randomBytes);
  const name = [{ name: "commonName", value: `finnhub-pipe CA ${certificate.serialNumber.slice(0, 8)}` }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    { name: "subjectKeyIdentifier" },
  ]);
  return signed(certificate, key, key);
}

/** Makes a certificate by which a server is known under DNS names, and by which it can show itself to others of its kind. */
export async function issue(
  authority: Signer,
  names: readonly string[],
  validity: Validity,
  randomBytes: (length: number) => Uint8Array,
  bits: number = SERVER_BITS,
): Promise<Signer> {
  const { key, publicKey } = await newKey(bits);
  const issuer = forge.pki.certificateFromPem(authority.certificate);
  const certificate = begin(validity, publicKey, randomBytes);
  certificate.setSubject([{ name: "commonName", value: names[0]! }]);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
    { name: "extKeyUsage", serverAuth: true, clientAuth: true },
    { name: "subjectAltName", altNames: names.map((value) => ({ type: DNS_NAME, value })) },
    {
      name: "authorityKeyIdentifier",
      keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes(),
    },
  ]);
  return signed(certificate, key, authority.key);
}

/** What a certificate says; undefined for a text that is none. */
export const factsOf = remembering((pem: string | undefined): Facts | undefined => {
  if (pem === undefined) return undefined;
  try {
    const { extensions, validity } = forge.pki.certificateFromPem(pem);
    const { altNames = [] } = (extensions.find(({ name }) => name === "subjectAltName") ?? {}) as {
      altNames?: { value: string }[];
    };
    return {
      from: validity.notBefore.getTime(),
      until: validity.notAfter.getTime(),
      names: altNames.map(({ value }) => value),
    };
  } catch {
    return undefined;
  }
});

/** Whether a time is within a certificate's; false where there is none. */
export function holds(validity: Validity | undefined, now: number): boolean {
  return validity !== undefined && validity.from <= now && now < validity.until;
}

/** Whether a CA has signed a certificate; false for texts that are none. */
export const isSignedBy = remembering((pem: string, authority: string): boolean => {
  try {
    return forge.pki.certificateFromPem(authority).verify(forge.pki.certificateFromPem(pem));
  } catch {
    return false;
  }
});

/** Whether a private key is that of a certificate. */
export const isKeyOf = remembering((key: string, certificate: string): boolean => keyFits(certificate, key));

/** Keys are made by the platform, which is many times faster at it than forge, and off the main thread. */
async function newKey(modulusLength: number): Promise<{ key: string; publicKey: forge.pki.PublicKey }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength,
    publicKeyEncoding: { type: "spki", format: "pem" },
    // As Kafka wants it.
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { key: privateKey, publicKey: forge.pki.publicKeyFromPem(publicKey) };
}

function begin(
  { from, until }: Validity,
  publicKey: forge.pki.PublicKey,
  randomBytes: (length: number) => Uint8Array,
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  const serial = randomBytes(16);
  // Positive, and as short as it can be written.
  serial[0] = serial[0]! & 0x3f | 0x40;
  certificate.serialNumber = serial.toHex();
  certificate.validity.notBefore = new Date(from - CLOCK_SKEW);
  certificate.validity.notAfter = new Date(until);
  return certificate;
}

function signed(certificate: forge.pki.Certificate, key: string, by: string): Signer {
  certificate.sign(forge.pki.privateKeyFromPem(by), forge.md.sha256.create());
  return { certificate: lines(forge.pki.certificateToPem(certificate)), key: lines(key) };
}

const lines = (pem: string) => pem.replaceAll("\r\n", "\n");
