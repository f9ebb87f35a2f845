import { KubeConfig } from "@kubernetes/client-node";
import { ExecCredential, type ExecSpec } from "./exec_credential.ts";
import { KubeconfigError } from "./kubeconfig_error.ts";

/**
 * The import above is static although the package is big: the bundler leaves out what a static import does not use,
 * and keeps all 14 MB of a dynamic one. Roles load this folder dynamically.
 */

/** With what to talk to the API server at this moment. */
export interface Authorization {
  /** URL without a slash at its end. */
  server: string;
  headers: Record<string, string>;
  /** PEM. */
  tls: { ca?: string; cert?: string; key?: string };
  proxyUrl?: string;
  /** Whether a program is started for them, again and again. */
  byProgram?: boolean;
}

export interface KubeconfigOptions {
  /** File to use. Default: KUBECONFIG's, else `~/.kube/config`, else the pod's service account. */
  kubeconfig?: string | undefined;
  /** Default: the file's current context. */
  context?: string | undefined;
  env(name: string): string | undefined;
  /** Where a pod finds its service account. */
  serviceAccount?: string;
}

/**
 * Finds the way to a cluster. The function that it resolves to answers with what is valid now: tokens from files are
 * read again every minute; with `fresh`, after a refusal, the whole configuration is.
 *
 * @throws {KubeconfigError}
 */
export async function readKubeconfig(
  options: KubeconfigOptions,
): Promise<(fresh: boolean) => Promise<Authorization>> {
  let config = await load(options);
  let program = execCredential(config);
  return async (fresh) => {
    if (fresh) {
      config = await load(options);
      program = execCredential(config);
    }
    return await authorization(config, program);
  };
}

const NONE =
  "no way to a cluster: give --kubeconfig FILE, set KUBECONFIG, have ~/.kube/config, or run in a pod " +
  "with a service account";

async function load(options: KubeconfigOptions): Promise<KubeConfig> {
  const { context, env, kubeconfig, serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount" } =
    options;
  const given = kubeconfig ?? (env("KUBECONFIG") || undefined);
  const home = env("HOME");
  const config = given !== undefined
    ? await merged(kubeconfig !== undefined ? [kubeconfig] : given.split(":").filter((file) => file !== ""))
    : home !== undefined && await exists(`${home}/.kube/config`)
    ? await merged([`${home}/.kube/config`])
    : await inPod(env, serviceAccount);
  if (config === undefined) throw new KubeconfigError(NONE);
  if (context !== undefined) config.setCurrentContext(context);
  check(config);
  return config;
}

/** What the first file says wins, as with kubectl. */
async function merged(files: string[]): Promise<KubeConfig> {
  const found: string[] = [];
  for (const file of files) if (await exists(file)) found.push(file);
  if (found.length === 0) throw new KubeconfigError(`there is no kubeconfig at ${files.join(" or ")}`);
  const [first, ...rest] = found.map(parse);
  for (const config of rest) first!.mergeConfig(config, first!.getCurrentContext() !== undefined);
  return first!;
}

function parse(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    return config;
  } catch (error) {
    // Without the error as cause: a YAML error quotes the lines around it, which may hold a token.
    throw new KubeconfigError(`the kubeconfig ${file} cannot be read: ${withoutQuote(error)}`);
  }
}

function withoutQuote(error: unknown): string {
  const { reason, mark } = error as { reason?: unknown; mark?: { line?: unknown } };
  if (typeof reason === "string") return `${reason}, line ${Number(mark?.line) + 1}`;
  const message = error instanceof Error ? error.message : "";
  return /^(clusters|users|contexts)\[\d+\]\.[a-z.]+ is missing$/.test(message) ||
      error instanceof Deno.errors.PermissionDenied
    ? message
    : "it is not a kubeconfig";
}

async function inPod(
  env: (name: string) => string | undefined,
  folder: string,
): Promise<KubeConfig | undefined> {
  const host = env("KUBERNETES_SERVICE_HOST");
  if (host === undefined || !await exists(`${folder}/token`)) return undefined;
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    {
      name: "pod",
      server: `https://${host.includes(":") ? `[${host}]` : host}:${env("KUBERNETES_SERVICE_PORT") ?? "443"}`,
      caFile: `${folder}/ca.crt`,
      skipTLSVerify: false,
    },
    { name: "pod", authProvider: { name: "tokenFile", config: { tokenFile: `${folder}/token` } } },
  );
  return config;
}

function check(config: KubeConfig): void {
  const name = config.getCurrentContext();
  if (name === undefined) {
    throw new KubeconfigError("the kubeconfig has no current-context; choose one with --context");
  }
  if (config.getContextObject(name) === null) {
    const names = config.getContexts().map((context) => context.name).join(", ");
    throw new KubeconfigError(
      `the kubeconfig has no context ${JSON.stringify(name)}; it has ${names || "none"}`,
    );
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new KubeconfigError(`context ${name} names a cluster that the kubeconfig lacks`);
  }
  if (!/^https?:\/\//.test(cluster.server) || !URL.canParse(cluster.server)) {
    throw new KubeconfigError(`the server of cluster ${name} is no address that starts with https://`);
  }
  const provider = config.getCurrentUser()?.authProvider?.name;
  if (provider !== undefined && provider !== "tokenFile") {
    throw new KubeconfigError(
      `context ${name} has the auth-provider ${provider}, which is not supported: use a token, a certificate or exec`,
    );
  }
  if (cluster.skipTLSVerify && cluster.server.startsWith("https:")) {
    throw new KubeconfigError(
      `cluster ${cluster.name} has insecure-skip-tls-verify, which is not supported: give its certificate-authority`,
    );
  }
  if (cluster.tlsServerName !== undefined) {
    throw new KubeconfigError(`cluster ${cluster.name} has tls-server-name, which is not supported`);
  }
  if (cluster.server.startsWith("http:") && !isLoopback(cluster.server)) {
    throw new KubeconfigError(`cluster ${cluster.name} is at ${cluster.server}: plain HTTP only on loopback`);
  }
}

function isLoopback(server: string): boolean {
  const { hostname } = new URL(server);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

/** The part of Node's request options that client-node fills in. */
interface FilledIn {
  headers?: Record<string, string>;
  auth?: string;
  ca?: Uint8Array | string;
  cert?: Uint8Array | string;
  key?: Uint8Array | string;
}

/** The program that the user's credentials come from. client-node's own way ends the process when there is none. */
function execCredential(config: KubeConfig): ExecCredential | undefined {
  const user = config.getCurrentUser();
  if (!user?.exec) return undefined;
  const program = new ExecCredential(user.exec as ExecSpec);
  Object.assign(user, { exec: undefined });
  return program;
}

async function authorization(
  config: KubeConfig,
  program: ExecCredential | undefined,
): Promise<Authorization> {
  const { name, proxyUrl, server } = config.getCurrentCluster()!;
  const filled: FilledIn = {};
  try {
    // client-node refuses plain HTTP unless told so; that it is on loopback has been checked.
    if (server.startsWith("http:")) {
      config.clusters.forEach((each) => Object.assign(each, { skipTLSVerify: true }));
    }
    await config.applyToHTTPSOptions(filled as Parameters<KubeConfig["applyToHTTPSOptions"]>[0]);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    throw new KubeconfigError(`the credentials for cluster ${name} cannot be read: ${code ?? "unknown"}`);
  }
  if (program !== undefined) Object.assign(filled, await program.read());
  const text = (pem: Uint8Array | string | undefined) =>
    pem === undefined ? undefined : typeof pem === "string" ? pem : new TextDecoder().decode(pem);
  const tls = Object.entries({ ca: text(filled.ca), cert: text(filled.cert), key: text(filled.key) })
    .filter(([, pem]) => pem !== undefined);
  const headers = Object.entries(filled.headers ?? {}).map(([header, value]) => [header, value.trim()]);
  if (filled.auth !== undefined) headers.push(["Authorization", `Basic ${base64(filled.auth)}`]);
  try {
    new Headers(headers as [string, string][]);
  } catch {
    // Without the cause: it quotes the header.
    throw new KubeconfigError(`the credentials for cluster ${name} hold what no header can carry`);
  }
  return {
    server,
    headers: Object.fromEntries(headers),
    tls: Object.fromEntries(tls),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(program && { byProgram: true }),
  };
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

async function exists(file: string): Promise<boolean> {
  try {
    return (await Deno.stat(file)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new KubeconfigError(`${file} cannot be read`, { cause: error });
  }
}
