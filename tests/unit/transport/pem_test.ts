import { assertEquals, assertThrows } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { certificateFile, keyFile } from "../../../src/transport/pem.ts";

const { privateKey } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

Deno.test("an empty path is no file", () => {
  assertEquals([certificateFile(""), keyFile("")], [undefined, undefined]);
});

Deno.test("what is no certificate and what is no key are refused, and the former text stays in use", () => {
  const certificates = certificateFile("/a/file")!;
  for (const text of ["", "nonsense", String(privateKey), pem("CERTIFICATE", "AAAA")]) {
    assertThrows(() => certificates.take(text), RangeError, "a file of PEM certificates");
  }
  const key = keyFile("/a/file")!;
  key.take(String(privateKey));
  for (const text of ["", "nonsense", pem("PRIVATE KEY", "AAAA"), pem("ENCRYPTED PRIVATE KEY", "AAAA")]) {
    assertThrows(() => key.take(text), RangeError, "a PEM private key that needs no password");
  }
  assertEquals(key.text, privateKey);
});

Deno.test("keys that would end the process are refused: Deno's TLS knows no short ones of RSA", () => {
  const rsa = (modulusLength: number) =>
    String(
      generateKeyPairSync("rsa", {
        modulusLength,
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
        publicKeyEncoding: { type: "spki", format: "pem" },
      }).privateKey,
    );
  const key = keyFile("/a/file")!;
  assertThrows(() => key.take(rsa(1024)), RangeError, "of RSA with 2048 to 4096 bits");
  key.take(rsa(2048));
});

function pem(label: string, body: string): string {
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}
