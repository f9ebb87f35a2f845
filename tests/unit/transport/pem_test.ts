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

function pem(label: string, body: string): string {
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}
