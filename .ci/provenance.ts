/** A file of a release and its SHA-256 in hexadecimal. */
export interface Subject {
  name: string;
  sha256: string;
}

/** What a release was made of and by. */
export interface Origin {
  version: string;
  /** Commit of the sources; undefined outside of a checkout. */
  commit: string | undefined;
  /** Release of Deno that compiled it. */
  deno: string;
  target: string;
  /** SHA-256 of deno.lock, which pins all packages. */
  lock: string;
}

/**
 * An in-toto statement with SLSA provenance: which files, made of which sources, by which command. The same for the same
 * input, so that a build of one's own can be compared.
 *
 * Source: https://in-toto.io/Statement/v1 and https://slsa.dev/provenance/v1
 */
export function provenance(
  subjects: readonly Subject[],
  { commit, deno, lock, target, version }: Origin,
): unknown {
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "https://finnhub-pipe.dev/make-release/v1",
        externalParameters: { command: "make release", version, target },
        resolvedDependencies: [
          ...(commit === undefined ? [] : [{ name: "sources", digest: { gitCommit: commit } }]),
          { name: "deno.lock", digest: { sha256: lock } },
          { name: "deno", uri: `pkg:github/denoland/deno@v${deno}` },
        ],
      },
      runDetails: { builder: { id: "https://finnhub-pipe.dev/make" } },
    },
  };
}

/**
 * Signs bytes with an Ed25519 key.
 *
 * @param pem PKCS #8, as `openssl genpkey -algorithm ed25519` writes it
 * @returns the signature in base64
 * @throws {RangeError} for another kind of key
 */
export async function sign(bytes: Uint8Array<ArrayBuffer>, pem: string): Promise<string> {
  const [, body] = /-----BEGIN PRIVATE KEY-----([\s\S]+?)-----END PRIVATE KEY-----/.exec(pem) ?? [];
  if (body === undefined) {
    throw new RangeError("the key must be an Ed25519 key in PKCS #8, without a password");
  }
  const der = Uint8Array.fromBase64(body);
  try {
    const key = await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("Ed25519", key, bytes)).toBase64();
  } catch (cause) {
    throw new RangeError("the key must be an Ed25519 key in PKCS #8, without a password", { cause });
  }
}
