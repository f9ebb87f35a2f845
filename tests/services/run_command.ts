export interface CommandResult {
  success: boolean;
  /** Standard output and standard error, one after the other. */
  output: string;
}

/**
 * Runs a program to its end.
 *
 * @param deadline milliseconds after which it is killed
 */
export async function runCommand(
  program: string,
  args: string[],
  deadline: number,
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<CommandResult> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), deadline);
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args,
      ...options,
      stdin: "null",
      signal: controller.signal,
    }).output();
    const text = new TextDecoder();
    const late = controller.signal.aborted ? `\n${program} was killed after ${deadline / 1000} s` : "";
    return { success, output: text.decode(stdout) + text.decode(stderr) + late };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { success: false, output: `${program} is not installed` };
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
