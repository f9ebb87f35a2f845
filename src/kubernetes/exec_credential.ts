import { KubeconfigError } from "./kubeconfig_error.ts";

/** A kubeconfig's `exec`: the program that has the credentials, as cloud providers' do. */
export interface ExecSpec {
  apiVersion: string;
  command: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
}

interface Credential {
  headers?: Record<string, string>;
  cert?: string;
  key?: string;
}

/** Milliseconds before their end at which credentials are asked for again. */
const MARGIN = 60_000;

/** Milliseconds that a program may take. */
const PATIENCE = 30_000;

/** Credentials from a program, kept until they expire. */
export class ExecCredential {
  readonly #spec: ExecSpec;
  #known: { credential: Credential; until: number } | undefined;

  constructor(spec: ExecSpec) {
    this.#spec = spec;
  }

  /** @throws {KubeconfigError} without what the program printed: that may be secret. */
  async read(): Promise<Credential> {
    if (this.#known === undefined || Date.now() > this.#known.until) this.#known = await this.#ask();
    return this.#known.credential;
  }

  async #ask(): Promise<{ credential: Credential; until: number }> {
    const { apiVersion, args, command, env, installHint } = this.#spec;
    const fail = (problem: string): never => {
      const hint = installHint === undefined ? "" : `; ${installHint}`;
      throw new KubeconfigError(`the credentials come from the program ${command}, which ${problem}${hint}`);
    };
    let output: Deno.CommandOutput;
    try {
      const info = { apiVersion, kind: "ExecCredential", spec: { interactive: false } };
      output = await new Deno.Command(command, {
        args: args ?? [],
        env: {
          ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
          KUBERNETES_EXEC_INFO: JSON.stringify(info),
        },
        stdin: "null",
        stdout: "piped",
        stderr: "null",
        signal: AbortSignal.timeout(PATIENCE),
      }).output();
    } catch (error) {
      return error instanceof Deno.errors.NotFound
        ? fail("is not there")
        : fail("may not be started: see that it is a program that you may run, and start the operator again");
    }
    if (!output.success) return fail(`failed with code ${output.code}; run it by hand to see why`);
    try {
      const { status } = JSON.parse(new TextDecoder().decode(output.stdout)) as {
        status: Record<string, string>;
      };
      const { clientCertificateData: cert, clientKeyData: key, expirationTimestamp, token } = status;
      return {
        credential: {
          ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
          ...(cert === undefined || key === undefined ? {} : { cert, key }),
        },
        until: expirationTimestamp === undefined ? Infinity : Date.parse(expirationTimestamp) - MARGIN,
      };
    } catch {
      return fail("printed something that is no ExecCredential");
    }
  }
}
