import { pythonPackages } from "./python.ts";

const PACKAGE = "avro==1.12.0";
const SCRIPT = new URL("avro_peer.py", import.meta.url).pathname;

/** Runs lines through Python's own Avro package, fetched into the cache at the first use. */
export async function pythonAvro(work: "decode" | "encode", lines: readonly string[]): Promise<string[]> {
  const folder = await pythonPackages(PACKAGE);
  const child = new Deno.Command("python3", {
    args: [SCRIPT, work],
    env: { PYTHONPATH: folder },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Read meanwhile: a pipe that is full would hold it up for ever.
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
  await writer.close();
  const { stderr, stdout, success } = await output;
  if (!success) throw new Error(`${SCRIPT} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}
