import { anyText, boolean, hostList, listOf, oneOf, optional, positiveDuration, textOf } from "./parsers.ts";
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
  printInstall: setting({
    flag: "print-install",
    env: "OPERATOR_PRINT_INSTALL",
    default: "false",
    meaning:
      "Print what installs the operator in the namespace, as YAML for kubectl apply, and end; no cluster is asked",
    parse: boolean,
  }),
  defaultPipeline: setting({
    flag: "default-pipeline",
    env: "OPERATOR_DEFAULT_PIPELINE",
    default: "true",
    meaning: "Make a Pipeline where there is none; false where yours comes from Git",
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
  allowPlainFeed: setting({
    flag: "allow-plain-feed",
    env: "OPERATOR_ALLOW_PLAIN_FEED",
    default: "",
    meaning:
      "Hosts to which a Pipeline may send the token, and other Secrets, by ws: or http:, unencrypted, such as a simulator's",
    parse: (text) => text === "" ? [] : hostList(text),
  }),
  allowFeedHosts: setting({
    flag: "allow-feed-hosts",
    env: "OPERATOR_ALLOW_FEED_HOSTS",
    default: "",
    meaning:
      "Hosts to which a Pipeline may send the token, and other Secrets, beside Finnhub's own; any when empty",
    parse: (text) => text === "" ? [] : hostList(text),
  }),
  imageRegistry: setting({
    flag: "image-registry",
    env: "OPERATOR_IMAGE_REGISTRY",
    default: "",
    meaning:
      "Registry, with a path if need be, from which all images are taken, such as registry.example/mirror; from where they are named when empty",
    parse: optional(textOf("a registry's name", /^[A-Za-z0-9][A-Za-z0-9._:/-]*[A-Za-z0-9]$/)),
  }),
  platform: setting({
    flag: "platform",
    env: "OPERATOR_PLATFORM",
    default: "auto",
    meaning: "What the cluster is: kubernetes, openshift (which assigns users to pods), or auto to ask it",
    parse: oneOf("auto", "kubernetes", "openshift"),
  }),
  allowImages: setting({
    flag: "allow-images",
    env: "OPERATOR_ALLOW_IMAGES",
    default: "",
    meaning:
      "How the images that a Pipeline names may begin, such as registry.example/team/; as they like when empty",
    parse: listOf(textOf("beginnings of image names", /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/)),
  }),
};
