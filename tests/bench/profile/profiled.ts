/**
 * The processor from its sources, with V8's profiler from its start on: `profiled.ts FILE processor [flags]`. SIGUSR2 ends the
 * profile and writes it to FILE, as DevTools read it.
 */
import inspector from "node:inspector/promises";
import { main } from "../../../src/command/main.ts";

const [file, ...args] = Deno.args;
const session = new inspector.Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: 500 });
await session.post("Profiler.start");
// The role gives the right to write up: the file is opened before.
const out = await Deno.open(file!, { write: true, create: true, truncate: true });
Deno.addSignalListener("SIGUSR2", async () => {
  const { profile } = await session.post("Profiler.stop");
  const bytes = new TextEncoder().encode(JSON.stringify(profile));
  for (let written = 0; written < bytes.length;) written += await out.write(bytes.subarray(written));
  out.close();
});
Deno.exit(await main(args));
