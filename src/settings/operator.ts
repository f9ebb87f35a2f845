import { anyText, boolean, optional, positiveDuration, textOf } from "./parsers.ts";
import { setting } from "./setting.ts";

/** Settings of the operator. */
export const operatorSettings = {
  operatorNamespace: setting({
    flag: "namespace",
    env: "OPERATOR_NAMESPACE",
    default: "pipeline",
    meaning: "Namespace of the Pipeline and of all that it is made of; made when missing",
    parse: textOf("a namespace's name", /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 63),
  }),
  kubeconfig: setting({
    flag: "kubeconfig",
    env: "KUBECONFIG",
    default: "",
    meaning: "Kubeconfig file; when empty ~/.kube/config, or the pod's service account",
    parse: optional(anyText),
  }),
  kubeContext: setting({
    flag: "context",
    env: "KUBE_CONTEXT",
    default: "",
    meaning: "Context in the kubeconfig; its current one when empty",
    parse: optional(anyText),
  }),
  pipelineFile: setting({
    flag: "pipeline",
    env: "PIPELINE_FILE",
    default: "",
    meaning:
      "YAML file with the Pipeline to make where there is none, or to print with --dry-run; all defaults when empty",
    parse: optional(anyText),
  }),
  dryRun: setting({
    flag: "dry-run",
    env: "OPERATOR_DRY_RUN",
    default: "false",
    meaning: "Print the objects that a Pipeline is made of as YAML, and end; no cluster is asked",
    parse: boolean,
  }),
  once: setting({
    flag: "once",
    env: "OPERATOR_ONCE",
    default: "false",
    meaning: "End when the Pipeline is ready (0) or at the deadline (1)",
    parse: boolean,
  }),
  operatorDeadline: setting({
    flag: "deadline",
    env: "OPERATOR_DEADLINE",
    default: "15m",
    meaning: "How long --once waits",
    parse: positiveDuration,
  }),
};
