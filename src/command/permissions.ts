import process from "node:process";
import type { Settings } from "../settings/settings.ts";
import type { Role } from "./role.ts";

/**
 * Takes from the process what its role does not need: the executable is compiled with the permissions of all roles. Embedded
 * files can still be read, and so, by the runtime's rules, can JSON and JavaScript files as modules.
 */
export function dropRights(
  { files, runs, writesFor }: Pick<Role, "files" | "runs" | "writesFor">,
  settings: Partial<Settings> = {},
): void {
  if (!runs) Deno.permissions.revokeSync({ name: "run" });
  if (writesFor !== undefined && settings[writesFor] !== undefined) return;
  if (files !== "writes") Deno.permissions.revokeSync({ name: "write" });
  if (files === undefined) Deno.permissions.revokeSync({ name: "read" });
}

/** Variables that libraries and the Kubernetes client read. */
const KEPT = ["HOME", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"];

/** Gives the environment up, which holds secrets, once the settings are read. Libraries find the harmless rest of it. */
export function dropEnvironment(): void {
  const entries = KEPT.map((name) => [name, Deno.env.get(name)]).filter(([, value]) => value !== undefined);
  Object.defineProperty(process, "env", { value: Object.fromEntries(entries) });
  Deno.permissions.revokeSync({ name: "env" });
}
