import type { Role } from "./role.ts";

/**
 * Takes from the process what its role does not need: the executable is compiled with the permissions of all roles. What
 * is embedded in it is read all the same.
 */
export function dropFiles({ files }: Pick<Role, "files">): void {
  if (files !== "writes") Deno.permissions.revokeSync({ name: "write" });
  if (files === undefined) Deno.permissions.revokeSync({ name: "read" });
}
