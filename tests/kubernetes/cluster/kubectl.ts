/** Runs kubectl against one cluster, as one user. */
export class Kubectl {
  readonly #binary: string;
  readonly #env: Record<string, string>;

  constructor(binary: string, readonly kubeconfig: string, cacheFolder: string) {
    this.#binary = binary;
    // Discovery is cached on disk by host and port: not beside the caches of a person's own clusters.
    this.#env = { KUBECONFIG: kubeconfig, KUBECACHEDIR: cacheFolder, KUBERC: "off" };
  }

  /**
   * Runs `kubectl ARGS`, with `input` on its standard input.
   *
   * @returns what it printed
   * @throws with what it said on standard error
   */
  async run(args: readonly string[], input?: string): Promise<string> {
    const child = new Deno.Command(this.#binary, {
      args: ["kubectl", ...args],
      env: this.#env,
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    if (input !== undefined) {
      const writer = child.stdin.getWriter();
      // A kubectl that ended early says why on its standard error.
      await writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
    }
    const { success, stdout, stderr } = await output;
    const text = new TextDecoder();
    if (!success) throw new Error(`kubectl ${args.join(" ")}: ${text.decode(stderr).trim()}`);
    return text.decode(stdout);
  }
}
