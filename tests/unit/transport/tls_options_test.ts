import { assertEquals, assertThrows } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { SettingError } from "../../../src/settings/read_settings.ts";
import { NamedFile } from "../../../src/transport/named_file.ts";
import { tlsOptions } from "../../../src/transport/tls_options.ts";

function file(text: string): NamedFile {
  const named = new NamedFile("/a/file", () => {});
  named.take(text);
  return named;
}

/** A public key can stand for the certificate that has it. */
function pair(): { cert: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { cert: String(publicKey), key: String(privateKey) };
}

const none = { ca: undefined, cert: undefined, key: undefined };

Deno.test("nothing is secured unless told, and files for nothing are a mistake", () => {
  assertEquals(tlsOptions("KAFKA", { ...none, tls: false }), undefined);
  const wrong = { ...none, ca: file("x"), tls: false };
  assertThrows(() => tlsOptions("KAFKA", wrong), SettingError, "KAFKA_CA_FILE is set and KAFKA_TLS is not");
});

Deno.test("certificates are always verified, and a name is passed on only when it is set", () => {
  const options = tlsOptions("CASSANDRA", { ...none, tls: true })!;
  assertEquals(options.rejectUnauthorized, true);
  assertEquals("servername" in options, false);
  assertEquals(tlsOptions("CASSANDRA", { ...none, tls: true }, "a.name")!.servername, "a.name");
});

Deno.test("a certificate needs its key, and a key its certificate", () => {
  const { cert, key } = pair();
  const options = (files: Partial<Record<"cert" | "key", NamedFile>>) => () =>
    tlsOptions("KAFKA", { ...none, ...files, tls: true });
  assertThrows(options({ cert: file(cert) }), SettingError, "KAFKA_KEY_FILE is not");
  assertThrows(options({ key: file(key) }), SettingError, "KAFKA_CERT_FILE is not");
  assertThrows(options({ cert: file(cert), key: file(pair().key) }), SettingError, "KAFKA_KEY_FILE must be");
});

Deno.test("a CA, and a certificate and key once both have come, count from the next connection on", () => {
  const [first, second] = [pair(), pair()];
  const files = { ca: file("old CA"), cert: file(first.cert), key: file(first.key) };
  const options = tlsOptions("KAFKA", { ...files, tls: true })!;
  const now = () => ({ cert: options.cert, key: options.key });
  assertEquals(now(), first);
  files.cert.take(second.cert);
  assertEquals(now(), first);
  files.key.take(second.key);
  assertEquals(now(), second);
  files.ca.take("new CA");
  assertEquals(options.ca, "new CA");
});
