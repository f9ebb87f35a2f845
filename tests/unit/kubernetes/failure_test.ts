import { assertEquals, assertStringIncludes } from "@std/assert";
import { noKind, refusal, unreachable } from "../../../src/kubernetes/failure.ts";

const status = (code: number, reason: string, message: string, details = {}) => ({
  kind: "Status",
  code,
  reason,
  message,
  details,
});

Deno.test("a refusal names the object, says what the server said and what to do", () => {
  const cases: [number, string, string, string][] = [
    [403, "Forbidden", 'services is forbidden: User "x" cannot patch', "grant the operator's ServiceAccount"],
    [404, "NotFound", 'namespaces "pipeline" not found', "make the namespace first"],
    [409, "Conflict", 'Apply failed with 1 conflict: conflict with "kubectl": .data.a', "apply with force"],
    [409, "Conflict", "the object has been modified", "read it again"],
    [401, "Unauthorized", "Unauthorized", "check the kubeconfig's user"],
  ];
  for (const [code, reason, message, remedy] of cases) {
    const error = refusal("apply Service pipeline/kafka", code, status(code, reason, message));
    for (const part of ["cannot apply Service pipeline/kafka: ", message, remedy]) {
      assertStringIncludes(error.message, part);
    }
    assertEquals([error.status, error.reason, error.retriable], [code, reason, false]);
  }
});

Deno.test("what passes by itself is retriable, with the server's wish for a pause", () => {
  const busy = refusal("list Pod", 429, status(429, "TooManyRequests", "busy", { retryAfterSeconds: 3 }));
  assertEquals([busy.retriable, busy.retryAfter], [true, 3000]);
  const proxy = refusal("list Pod", 503, undefined, "7");
  assertEquals([proxy.retriable, proxy.retryAfter, proxy.reason], [true, 7000, "HTTP503"]);
  assertEquals(proxy.message, "cannot list Pod: HTTP status 503");
  const silent = unreachable("get Pod a/b", "https://k8s:6443", new Error("connection refused"));
  assertEquals([silent.status, silent.retriable], [0, true]);
  assertStringIncludes(silent.message, "https://k8s:6443");
});

Deno.test("a field that a kind does not have is the object's fault, although the server answers 500", () => {
  const body = {
    kind: "Status",
    code: 500,
    message: "failed to create typed patch object (a/b): .foo: field not declared",
  };
  const error = refusal("apply ConfigMap a/b", 500, body);
  assertEquals([error.status, error.reason, error.retriable], [422, "Invalid", false]);
});

Deno.test("an unknown kind is told from a missing object; a long message is cut", () => {
  const error = noKind("get Pipeline a/b", "finnhub-pipe.dev/v1alpha1", "Pipeline");
  assertEquals([error.status, error.reason], [404, "NoKind"]);
  assertStringIncludes(error.message, "no kind Pipeline in finnhub-pipe.dev/v1alpha1; install its CRD");
  assertEquals(refusal("get Pod a/b", 500, status(500, "x", "y".repeat(1e6))).message.length < 3_000, true);
});
