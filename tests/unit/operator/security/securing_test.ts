import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ClusterError, type KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import type { Certificates } from "../../../../src/operator/security/certificates.ts";
import type { Credentials } from "../../../../src/operator/security/credentials.ts";
import { Securing } from "../../../../src/operator/security/securing.ts";
import { TRANSPORT } from "../../../../src/operator/security/transport.ts";
import { cluster, pipeline } from "../cluster_fake.ts";

const never = new AbortController().signal;
const secure = pipeline({ security: { tls: true } });

const server = (name: string, step: string): KubernetesObject => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name },
  spec: { template: { metadata: { annotations: step === "plain" ? {} : { [TRANSPORT]: step } } } },
});

/** One pass while the API server answers so. */
function ensure(status: number, ...servers: KubernetesObject[]) {
  const fails = () => Promise.reject(new ClusterError("no", { status, reason: "Test" }));
  const securing = new Securing({
    observed: cluster(...servers),
    certificates: { ensure: fails } as Partial<Certificates> as Certificates,
    kafkaLogins: { ensure: () => Promise.resolve([]) } as Partial<Credentials> as Credentials,
    now: () => 0,
  });
  return securing.ensure(secure, false, never);
}

Deno.test("an answer that may be another in a moment changes nothing: the pass is repeated", async () => {
  for (const status of [0, 409, 429, 500, 503, 504]) {
    for (const step of ["plain", "required"]) {
      await assertRejects(() => ensure(status, server("kafka", step)), ClusterError, "no", `${status}`);
    }
  }
});

Deno.test("a Secret that cannot be read is reported; plain TCP goes on and TLS is left as it is", async () => {
  for (const status of [403, 422]) {
    const plain = await ensure(status, server("kafka", "plain"));
    assertEquals([plain.refused.length, plain.troubles.length, plain.security.transport], [1, 0, "plain"]);
    assertStringIncludes(plain.refused[0]!, "security.tls: the Secrets that it needs cannot be kept: ");
    for (const servers of [[], [server("kafka", "required")]]) {
      const { refused, troubles } = await ensure(status, ...servers);
      assertEquals([refused.length, troubles.length], [0, 1]);
    }
  }
});
