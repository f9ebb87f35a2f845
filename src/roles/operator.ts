import { stringify } from "@std/yaml";
import type { RoleContext } from "../command/role.ts";
import { connectCluster } from "../kubernetes/client.ts";
import type { KubernetesObject } from "../kubernetes/cluster.ts";
import { runWithLease } from "../kubernetes/lease.ts";
import { NO_SURROUNDINGS } from "../operator/components/definition.ts";
import type { Platform } from "../operator/components/pods/platform.ts";
import { desiredState } from "../operator/components/desired.ts";
import { defaultPipeline, install, makeDefaultPipeline } from "../operator/install.ts";
import { Operator } from "../operator/operator.ts";
import { type Limits, refuseForbidden } from "../operator/reconcile/limits.ts";
import { refusePods } from "../operator/reconcile/pods.ts";
import { operatorMetrics } from "../operator/status/metrics.ts";
import { readPipeline } from "../operator/pipeline.ts";
import { serviceNames } from "../operator/names.ts";
import { installText } from "../operator/print_install.ts";
import { PipelineFileError, pipelineOf } from "../operator/pipeline_file.ts";
import { PLAIN } from "../operator/security/security.ts";
import { wantedTransport } from "../operator/security/transport.ts";
import { changesOf, statusView } from "../operator/status/status_view.ts";
import { ThroughputProbe } from "../operator/status/throughput.ts";
import type { SettingName } from "../settings/settings.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";
import { delay, firstOf, isAbort } from "../async/wait.ts";
import { operatorApp } from "../web/operator.ts";
import { pageScript } from "../web/page_script.ts";
import { serveHttp } from "../web/http/server.ts";

type Used = Extract<
  SettingName,
  | "operatorNamespace"
  | "kubeconfig"
  | "kubeContext"
  | "pipelineFile"
  | "dryRun"
  | "once"
  | "operatorDeadline"
  | "printInstall"
  | "defaultPipeline"
  | "allowPlainFeed"
  | "allowFeedHosts"
  | "allowImages"
  | "imageRegistry"
  | "platform"
  | "httpListen"
  | "allowHost"
>;
type Context = RoleContext<Used>;

const LEASE = "finnhub-pipe-operator";
const RESYNC_MS = 180_000;

/** As manifests/operator.yaml names it. */
const OPERATOR_SERVICE = "finnhub-pipe-operator";

/** Keeps a pipeline on a cluster until stopped. */
export async function run(context: Context): Promise<number> {
  const { log, print, settings, signal } = context;
  if (settings.printInstall) {
    print(installText(settings.operatorNamespace, platformOf(settings)).trimEnd());
    return 0;
  }
  const wish = await wishOf(settings);
  if (settings.dryRun) return dryRun(wish, context);

  const registry = new MetricRegistry();
  const { byProgram, cluster, close, inPod, server } = await connectCluster({
    ...settings,
    context: settings.kubeContext,
    registry,
    log,
  });
  // The right to run programs is for those that a kubeconfig names: cloud providers' credentials come from them.
  if (!byProgram) Deno.permissions.revokeSync({ name: "run" });
  const { operatorNamespace: namespace } = settings;
  const ended = new AbortController();
  using either = firstOf(signal, ended.signal);
  const stop = either.signal;
  const operator: Operator = new Operator({
    cluster,
    namespace,
    registry,
    metrics: operatorMetrics(registry),
    log,
    wallClock: Date.now,
    now: () => performance.now(),
    random: Math.random,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    limits: limitsOf(settings),
    platform: settings.platform,
    imageRegistry: settings.imageRegistry,
    lag: () => throughput.latest?.lagRecords,
    resync: RESYNC_MS,
    signal: stop,
  });
  const throughput = new ThroughputProbe({
    pods: () => operator.view.list("Pod"),
    fetch: (url, until) => fetch(url, { signal: until, redirect: "error" }),
    now: () => performance.now(),
  });
  let leader = false;
  const status = () => {
    const pipeline = operator.status()?.pipeline;
    return statusView({
      pipeline: pipeline && readPipeline(pipeline),
      leader,
      events: operator.events.recent,
      throughput: throughput.latest,
    });
  };
  const app = operatorApp({
    script: await pageScript("operator"),
    status,
    changes: (until) => changesOf(status, until),
    registry,
    ready: () => operator.view.problems(),
    hosts: {
      hostname: settings.httpListen.hostname,
      allowed: [...settings.allowHost, ...serviceNames(OPERATOR_SERVICE, namespace)],
    },
    signal: stop,
  });
  const http = serveHttp(app, settings.httpListen, { registry, log });
  log.info("operator started", { server, namespace, http: http.url });
  // Outside of the cluster a pod's address may be anyone's.
  const probing = inPod ? throughput.run(stop) : undefined;
  try {
    await install(cluster, namespace, log, stop);
    if (settings.defaultPipeline) await makeDefaultPipeline(cluster, namespace, log, stop, wish);
    const leading = runWithLease({
      cluster,
      namespace,
      name: LEASE,
      identity: `${Deno.hostname()}-${crypto.randomUUID().slice(0, 8)}`,
      now: () => performance.now(),
      wallClock: Date.now,
      random: Math.random,
      log,
      signal: stop,
      onChange: (now) => leader = now,
    }, (work) => operator.run(work));
    if (!settings.once) {
      await leading;
      return 0;
    }
    const code = await untilReady(operator, context, () => leader);
    ended.abort();
    await leading;
    return code;
  } catch (error) {
    if (isAbort(error, stop)) return 0;
    throw error;
  } finally {
    ended.abort();
    await probing;
    await http.close();
    close();
  }
}

/** The Pipeline that a file describes, or one with every default. */
async function wishOf({ operatorNamespace, pipelineFile }: Context["settings"]): Promise<KubernetesObject> {
  if (pipelineFile === undefined) return defaultPipeline(operatorNamespace);
  try {
    return pipelineOf(await Deno.readTextFile(pipelineFile), operatorNamespace);
  } catch (error) {
    if (error instanceof PipelineFileError) throw new Error(`${pipelineFile} ${error.message}`);
    throw error;
  }
}

const limitsOf = (
  { allowFeedHosts, allowImages, allowPlainFeed, imageRegistry }: Context["settings"],
): Limits => ({
  plainFeed: allowPlainFeed,
  feedHosts: allowFeedHosts,
  images: allowImages,
  registry: imageRegistry,
});

/** Where no cluster is asked it is none that assigns users. */
const platformOf = ({ imageRegistry, platform }: Context["settings"]): Platform => ({
  imageRegistry,
  openShift: platform === "openshift",
});

function dryRun(wish: KubernetesObject, { print, settings }: Context): number {
  const nothing = { get: () => undefined, list: () => [], canGrow: () => false };
  const pipeline = readPipeline(wish);
  // What only the cluster's operator knows is left empty.
  const security = { ...PLAIN, transport: wantedTransport(pipeline) };
  const components = desiredState(pipeline, nothing, security, {
    ...NO_SURROUNDINGS,
    ...platformOf(settings),
  });
  const limits = limitsOf(settings);
  const refused = [...refuseForbidden(pipeline, limits), ...refusePods(pipeline, components, limits)];
  if (refused.length > 0) {
    const why = refused.map(({ sentence }) => sentence).join("; ");
    throw new Error(`the operator would refuse this Pipeline: ${why}`);
  }
  const objects = components.flatMap((component) => component.objects);
  print(
    objects.map((object) => stringify(object, { lineWidth: -1, useAnchors: false })).join("---\n").trimEnd(),
  );
  return 0;
}

/** Prints each change of the Pipeline's conditions; resolves to the exit code. */
async function untilReady(
  operator: Operator,
  { print, settings, signal }: Context,
  isLeader: () => boolean,
): Promise<number> {
  const start = performance.now();
  let told = "";
  while (performance.now() - start < settings.operatorDeadline) {
    const { pipeline, status } = operator.status() ?? {};
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    const text = ready
      ? `${ready.reason}: ${ready.message}`
      : isLeader()
      ? "nothing seen yet"
      : "another operator leads";
    if (text !== told) print(`${((performance.now() - start) / 1000).toFixed(1)} s  ${told = text}`);
    if (ready?.status === "True" && status?.observedGeneration === pipeline?.metadata.generation) return 0;
    await delay(200, signal);
  }
  print(`not ready within ${settings.operatorDeadline / 1000} s; wait longer with --deadline`);
  return 1;
}
