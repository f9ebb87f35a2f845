import { assert, assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { Authorities } from "../../../../src/operator/security/authorities.ts";
import {
  factsOf,
  isSignedBy,
  issue,
  makeAuthority,
  type Validity,
} from "../../../../src/operator/security/certificate_authority.ts";

const YEAR = 365 * 86_400_000;
const HOUR = 3_600_000;
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
/** A key of this size is made in no time, and is good for no more than a test. */
const make = (validity: Validity) => makeAuthority(validity, random, 1024);
const certificatesIn = (pem: string) => pem.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;

Deno.test("a certificate says its names and its time, and who has signed it", async () => {
  const now = Date.now();
  const authority = await makeAuthority({ from: now, until: now + YEAR }, random, 1024);
  const other = await makeAuthority({ from: now, until: now + YEAR }, random, 1024);
  const { certificate, key } = await issue(
    authority,
    ["kafka", "*.kafka-headless.trades.svc"],
    { from: now, until: now + HOUR },
    random,
  );
  const facts = factsOf(certificate)!;
  assertEquals(facts.names, ["kafka", "*.kafka-headless.trades.svc"]);
  assertEquals(Math.round((facts.until - now) / 60_000), 60);
  assert(facts.from < now, "clocks differ");
  assert(isSignedBy(certificate, authority.certificate));
  assert(!isSignedBy(certificate, other.certificate));
  assert(key.startsWith("-----BEGIN PRIVATE KEY-----\n"), "Kafka takes PKCS #8 alone");
  // Another implementation reads it, too.
  assertEquals(new X509Certificate(certificate).subject, "CN=kafka");
});

Deno.test("what is no certificate has no facts, and nobody has signed it", async () => {
  const { certificate } = await makeAuthority({ from: 0, until: YEAR }, random, 1024);
  for (const text of [undefined, "", "certificate", certificate.replace(/[A-Za-z]{40}/, "A".repeat(40))]) {
    assertEquals(factsOf(text) !== undefined && isSignedBy(text!, certificate), false, text);
  }
});

Deno.test("a CA is made once, and kept for as long as it has time", async () => {
  const authorities = Authorities.read({}, "");
  assertEquals(await authorities.advance(0, false, make), "a CA was made");
  const read = Authorities.read(authorities.data(), "");
  assertEquals(await read.advance(6 * YEAR, true, make), undefined);
  assertEquals(read.data(), authorities.data());
  assertEquals(read.signer.certificate, read.current);
});

Deno.test("the next CA is trusted before it signs, and the previous until nothing shows what it signed", async () => {
  const authorities = Authorities.read({}, "");
  await authorities.advance(0, false, make);
  const first = authorities.current;
  const now = 7 * YEAR;
  assertEquals(
    await authorities.advance(now, true, make),
    "the next CA was made, and is trusted beside the present one",
  );
  assertEquals(certificatesIn(authorities.bundle), 2);
  assertEquals(authorities.signer.certificate, first);

  // Neither before servers trust it nor before clients can have seen it.
  assertEquals(await authorities.advance(now + HOUR, false, make), undefined);
  assertEquals(await authorities.advance(now + 60_000, true, make), undefined);
  assertEquals(await authorities.advance(now + HOUR, true, make), "the next CA signs from now on");
  assert(authorities.current !== first && authorities.bundle.includes(first));
  assertEquals(authorities.signer.certificate, authorities.current);

  const read = Authorities.read(authorities.data(), "");
  assertEquals(await read.advance(now + HOUR, false, make), undefined);
  assertEquals(await read.advance(now + HOUR, true, make), "the previous CA is no longer trusted");
  assertEquals(read.bundle, read.current);
});

Deno.test("a CA whose Secret was deleted is followed by another, and trusted until then", async () => {
  const lost = Authorities.read({}, "");
  await lost.advance(0, false, make);
  const authorities = Authorities.read({}, lost.bundle);
  assertEquals(
    await authorities.advance(HOUR, true, make),
    "the next CA was made, and is trusted beside the present one",
  );
  assertEquals(authorities.current, lost.current);
  assert(authorities.signer.certificate !== lost.current, "its key is gone");
  const read = Authorities.read(authorities.data(), "");
  assertEquals(await read.advance(2 * HOUR, true, make), "the next CA signs from now on");
  assertEquals(certificatesIn(read.bundle), 2);
});
