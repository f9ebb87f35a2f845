import type { Kubectl } from "./kubectl.ts";

/** Longer than any test run. */
const TOKEN_LIFE = "24h";

/**
 * Writes a kubeconfig with which a client is a service account, as a pod that runs under it would be.
 *
 * @param folder where to write
 * @returns path of the kubeconfig
 */
export async function writeAccountKubeconfig(
  kubectl: Kubectl,
  folder: string,
  cluster: { server: string; ca: string },
  account: string,
  namespace: string,
): Promise<string> {
  const args = ["create", "token", account, `--namespace=${namespace}`, `--duration=${TOKEN_LIFE}`];
  const token = (await kubectl.run(args)).trim();
  const name = "kubebox";
  // JSON is YAML too.
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: cluster.server, "certificate-authority-data": btoa(cluster.ca) } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name,
  };
  const path = `${folder}/${namespace}-${account}.kubeconfig`;
  await Deno.writeTextFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return path;
}
