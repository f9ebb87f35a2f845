import { assert, assertEquals, assertRejects } from "@std/assert";
import type { KubeconfigOptions } from "../../src/kubernetes/kubeconfig.ts";
import { KubeconfigError } from "../../src/kubernetes/kubeconfig_error.ts";
import { integrationTest } from "../needs.ts";

/** Loaded when it is used: client-node cannot be loaded without permissions, as `deno test` runs without. */
async function readKubeconfig(options: KubeconfigOptions) {
  return await (await import("../../src/kubernetes/kubeconfig.ts")).readKubeconfig(options);
}

const SECRET = "very-secret-token";

interface Parts {
  server?: string;
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  context?: string;
}

/** A kubeconfig as text; JSON is YAML too. */
function kubeconfig({ cluster, context = "here", server = "https://k8s:6443", user }: Parts = {}): string {
  return JSON.stringify({
    clusters: [{ name: context, cluster: { server, ...cluster } }],
    users: [{ name: context, user: { token: SECRET, ...user } }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    "current-context": context,
  });
}

/** A folder with files, as a home that has them, and what reading it says. */
async function home(files: Record<string, string>, env: Record<string, string> = {}) {
  const folder = await Deno.makeTempDir();
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  const options: KubeconfigOptions = {
    env: (name) => name === "HOME" ? folder : env[name]?.replaceAll("~", folder),
    serviceAccount: `${folder}/account`,
  };
  return {
    folder,
    read: (more: Partial<KubeconfigOptions> = {}) => readKubeconfig({ ...options, ...more }),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

const POD = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };
const ACCOUNT = { "account/token": "first\n", "account/ca.crt": "PEM" };

integrationTest("a kubeconfig is looked for where kubectl does, then the pod's service account", async () => {
  const files = {
    ".kube/config": kubeconfig({ server: "https://home" }),
    "a": kubeconfig({ server: "https://a", context: "a" }),
    "b": kubeconfig({ server: "https://b", context: "b" }),
    ...ACCOUNT,
  };
  const server = async (env: Record<string, string>, options: Partial<KubeconfigOptions> = {}) => {
    await using place = await home(files, env);
    const own = options.kubeconfig === undefined
      ? {}
      : { kubeconfig: `${place.folder}/${options.kubeconfig}` };
    return (await (await place.read({ ...options, ...own }))(false)).server;
  };
  assertEquals(await server({ KUBECONFIG: "~/b", ...POD }, { kubeconfig: "a" }), "https://a");
  assertEquals(await server({ KUBECONFIG: "~/missing:~/b:~/a", ...POD }), "https://b");
  assertEquals(await server({ KUBECONFIG: "~/b:~/a" }, { context: "a" }), "https://a");
  assertEquals(await server(POD), "https://home");
  delete (files as Record<string, string>)[".kube/config"];
  assertEquals(await server(POD), "https://10.96.0.1:443");
  assertEquals(await server({ ...POD, KUBERNETES_SERVICE_HOST: "fd00::1" }), "https://[fd00::1]:443");
});

integrationTest("a pod's token is read again after a refusal", async () => {
  await using place = await home(ACCOUNT, POD);
  const authorize = await place.read();
  const { headers, tls } = await authorize(false);
  assertEquals([headers.Authorization, tls.ca], ["Bearer first", "PEM"]);
  await Deno.writeTextFile(`${place.folder}/account/token`, "second\n");
  assertEquals((await authorize(true)).headers.Authorization, "Bearer second");
});

integrationTest("certificates come from files beside the kubeconfig and from the kubeconfig", async () => {
  const config = kubeconfig({
    cluster: { "certificate-authority": "ca.crt" },
    user: { token: undefined, "client-certificate-data": btoa("CERT"), "client-key-data": btoa("KEY") },
  });
  await using place = await home({ ".kube/config": config, ".kube/ca.crt": "CA" });
  const { headers, tls } = await (await place.read())(false);
  assertEquals([headers, tls], [{}, { ca: "CA", cert: "CERT", key: "KEY" }]);
});

integrationTest("a program that has the credentials is asked once, and again when they end", async () => {
  const script = (expires: string) =>
    `echo x >> "$0.calls"; echo '{"status":{"token":"'"$PREFIX"'-token","expirationTimestamp":"${expires}"}}'`;
  for (const [expires, calls] of [["2999-01-01T00:00:00Z", 1], ["2001-01-01T00:00:00Z", 2]] as const) {
    await using place = await home({ program: script(expires) });
    const exec = { command: "sh", args: [`${place.folder}/program`], env: [{ name: "PREFIX", value: "my" }] };
    const file = `${place.folder}/config`;
    await Deno.writeTextFile(file, kubeconfig({ user: { token: undefined, exec } }));
    const authorize = await place.read({ kubeconfig: file });
    await authorize(false);
    assertEquals((await authorize(false)).headers, { Authorization: "Bearer my-token" });
    assertEquals((await Deno.readTextFile(`${place.folder}/program.calls`)).length, 2 * calls);
  }
});

integrationTest(
  "no kubeconfig, a broken one, and what is not supported: one clear line, without secrets",
  async () => {
    const yaml = `users:\n- name: a\n  user:\n    token: ${SECRET}\n   broken: [`;
    const cases: [string | undefined, string, Partial<KubeconfigOptions>?][] = [
      [undefined, "give --kubeconfig FILE, set KUBECONFIG"],
      [yaml, "cannot be read: "],
      ["[]", "no current-context"],
      [kubeconfig(), 'no context "x"; it has here', { context: "x" }],
      [kubeconfig({ cluster: { "insecure-skip-tls-verify": true } }), "give its certificate-authority"],
      [kubeconfig({ server: "http://10.0.0.1" }), "plain HTTP only on loopback"],
      [
        kubeconfig({ user: { exec: { command: "/no/such/program" } } }),
        "the program /no/such/program, which is not there",
      ],
      [kubeconfig({ user: { exec: { command: "false" } } }), "failed with code 1"],
      [kubeconfig({ user: { exec: { command: "echo", args: [SECRET] } } }), "no ExecCredential"],
      [kubeconfig({ user: { "auth-provider": { name: "gcp" } } }), "auth-provider gcp"],
      [kubeconfig({ user: { "client-key": "/no/such/file" } }), "cannot be read: ENOENT"],
    ];
    for (const [text, message, options] of cases) {
      await using place = await home(text === undefined ? {} : { ".kube/config": text });
      const error = await assertRejects(
        async () => await (await place.read(options))(false),
        KubeconfigError,
        message,
      );
      assert(!error.message.includes(SECRET) && !error.message.includes("\n"), error.message);
      assertEquals(error.cause, undefined);
    }
    await using place = await home({ ".kube/config": kubeconfig({ server: "http://127.0.0.1:8001" }) });
    assertEquals((await (await place.read())(false)).server, "http://127.0.0.1:8001");
  },
);
