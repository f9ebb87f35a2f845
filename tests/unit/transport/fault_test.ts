import { assertEquals, assertMatch } from "@std/assert";
import { alertFault } from "../../../src/transport/fault.ts";

const SET = { cert: "PEM" };
const UNSET = { cert: undefined };

Deno.test("our settings decide what a server's alert about a client certificate means, whichever alert it sends", () => {
  const alerts = ["BadCertificate", "CertificateRequired", "CertificateUnknown", "UnknownCA", "AccessDenied"];
  for (const alert of alerts) {
    const text = `write EPROTO received fatal alert: ${alert}`;
    for (const peer of ["KAFKA", "CASSANDRA"] as const) {
      assertEquals(
        alertFault(peer, text, UNSET),
        `the server wants a client certificate: set ${peer}_CERT_FILE and ${peer}_KEY_FILE`,
      );
      assertEquals(
        alertFault(peer, text, SET),
        `the server refuses the TLS connection (${alert}): check ${peer}_CERT_FILE and ${peer}_KEY_FILE`,
      );
    }
  }
});

Deno.test("an alert that is about no certificate names none", () => {
  for (const alert of ["ProtocolVersion", "InsufficientSecurity"]) {
    for (const tls of [SET, UNSET, undefined]) {
      const fault = alertFault("KAFKA", `received fatal alert: ${alert}`, tls) ?? "";
      assertMatch(fault, /let the server speak TLS 1\.2 or 1\.3/);
      assertEquals(/CERT_FILE/.test(fault), false, fault);
    }
  }
});

Deno.test("an alert that may be about a certificate names it as one of two causes", () => {
  for (const alert of ["HandshakeFailure", "InternalError", "DecryptError"]) {
    const text = `received fatal alert: ${alert}`;
    assertMatch(alertFault("KAFKA", text, UNSET)!, /: set KAFKA_CERT_FILE .* else see the server's log/);
    assertMatch(alertFault("KAFKA", text, SET)!, /: check KAFKA_CERT_FILE .* else see the server's log/);
  }
});

Deno.test("a text without an alert has no such fault", () => {
  assertEquals(alertFault("KAFKA", "Connection timeout", SET), undefined);
});
