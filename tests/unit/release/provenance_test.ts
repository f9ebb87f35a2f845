import { assert, assertEquals, assertRejects } from "@std/assert";
import { provenance, sign } from "../../../.ci/provenance.ts";

const ORIGIN = {
  version: "1.2.3",
  commit: "c".repeat(40),
  deno: "2.6.10",
  target: "x86_64",
  lock: "a".repeat(64),
};

Deno.test("the provenance names each file by its hash, the commit, the packages and the compiler", () => {
  const subject = [{ name: "finnhub-pipe", sha256: "b".repeat(64) }];
  const text = JSON.stringify(provenance(subject, ORIGIN));
  for (
    const part of [
      "in-toto.io/Statement/v1",
      "slsa.dev/provenance/v1",
      "b".repeat(64),
      ORIGIN.commit,
      ORIGIN.lock,
    ]
  ) {
    assert(text.includes(part), part);
  }
  assertEquals(JSON.stringify(provenance(subject, ORIGIN)), text);
  assert(!JSON.stringify(provenance(subject, { ...ORIGIN, commit: undefined })).includes("gitCommit"));
});

Deno.test("a signature is one of the key that is given; another kind of key is refused", async () => {
  const { privateKey, publicKey } = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const pem = `-----BEGIN PRIVATE KEY-----\n${der.toBase64()}\n-----END PRIVATE KEY-----\n`;
  const bytes = new TextEncoder().encode("sums");
  const signature = Uint8Array.fromBase64(await sign(bytes, pem));
  assert(await crypto.subtle.verify("Ed25519", publicKey, signature, bytes));
  await assertRejects(() => sign(bytes, "-----BEGIN RSA PRIVATE KEY-----"), RangeError, "Ed25519");
  await assertRejects(() => sign(bytes, pem.replace(/\n.{20}/, "\nAAAA")), RangeError, "Ed25519");
});
