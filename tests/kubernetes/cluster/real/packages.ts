import type { Progress } from "../../../services/progress.ts";
import { runCommand } from "../../../services/run_command.ts";
import { aptInstall } from "../../../services/tools.ts";

/** Debian packages of a node, each with a file that it has. */
const NEEDED: Record<string, string> = {
  "containerd": "/usr/bin/containerd",
  "runc": "/usr/sbin/runc",
  "containernetworking-plugins": "/usr/lib/cni/bridge",
  "iptables": "/usr/sbin/iptables",
  "conntrack": "/usr/sbin/conntrack",
  "iproute2": "/usr/sbin/ip",
  "debootstrap": "/usr/sbin/debootstrap",
};

/** Makes sure that what a real node runs on is installed. */
export async function ensureNodePackages(progress: Progress): Promise<void> {
  const script = 'for file; do [[ -e $file ]] || echo "$file"; done';
  const { output } = await runCommand("bash", ["-c", script, "", ...Object.values(NEEDED)], 10_000);
  const absent = new Set(output.trim().split("\n"));
  const names = Object.keys(NEEDED).filter((name) => absent.has(NEEDED[name]!));
  if (names.length > 0) await aptInstall(names, "them for real pods", progress);
}
