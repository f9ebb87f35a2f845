import process from "node:process";
import type { Settings } from "../settings/settings.ts";
import type { Role } from "./role.ts";

/**
 * Takes from the process what its role does not need: the executable is compiled with the permissions of all roles. Embedded
 * files can still be read, and so, by the runtime's rules, can JSON and JavaScript files as modules.
 */
export function dropRights(
  { files, runs, runsFor, writesFor }: Pick<Role, "files" | "runs" | "runsFor" | "writesFor">,
  settings: Partial<Settings> = {},
): void {
  const runsOne = runsFor !== undefined && settings[runsFor] === true;
  if (!runs && !runsOne) Deno.permissions.revokeSync({ name: "run" });
  if (writesFor !== undefined && settings[writesFor] !== undefined) return;
  if (files !== "writes") Deno.permissions.revokeSync({ name: "write" });
  if (files === undefined) Deno.permissions.revokeSync({ name: "read" });
}

/** Variables that libraries and the Kubernetes client read. */
const KEPT = ["HOME", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"];

/** Variables by which a desktop's programs find each other. */
const DESKTOP = [
  "PATH",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "XDG_CURRENT_DESKTOP",
  "XDG_DATA_DIRS",
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
  "BROWSER",
  "SYSTEMROOT",
];

/** Gives the environment up, which holds secrets, once the settings are read. Libraries find the harmless rest of it. */
export function dropEnvironment(): void {
  const entries = [...KEPT, ...DESKTOP].map((name) => [name, Deno.env.get(name)]).filter(([, value]) =>
    value !== undefined
  );
  Object.defineProperty(process, "env", { value: Object.fromEntries(entries) });
  Deno.permissions.revokeSync({ name: "env" });
}
