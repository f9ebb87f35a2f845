import { assertEquals } from "@std/assert";
import script from "../../manifests/kafka-controller/ready.sh" with { type: "text" };
import { integrationTest } from "../needs.ts";
import { runCommand } from "../services/run_command.ts";

/** An answer to ApiVersions, version 3: the number of the request, an error, 200 APIs, no throttling, and tagged fields. */
function answer({ error = 0, fields = [], request = 7 }: {
  error?: number;
  request?: number;
  fields?: [tag: number, bytes: number[]][];
}): Uint8Array {
  const apis = Array.from({ length: 200 }, (_, key) => [0, key, 0, 0, 0, 1, 0]).flat();
  const tagged = fields.flatMap(([tag, bytes]) => [tag, bytes.length, ...bytes]);
  const body = [0, 0, 0, request, 0, error, 0xc9, 1, ...apis, 0, 0, 0, 0, fields.length, ...tagged];
  return new Uint8Array([0, 0, body.length >> 8, body.length & 0xff, ...body]);
}

/** What the script says of a controller that gives this answer. */
async function isReady(bytes: Uint8Array): Promise<boolean> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    using connection = await listener.accept();
    const size = new Uint8Array(4);
    await connection.read(size);
    const request = new Uint8Array(new DataView(size.buffer).getInt32(0));
    assertEquals(await connection.read(request), request.length);
    // ApiVersions, version 3.
    assertEquals([...request.subarray(0, 4)], [0, 18, 0, 3]);
    await connection.write(bytes.subarray(0, 100));
    await connection.write(bytes.subarray(100));
    // It is the script that ends first.
    await connection.read(size);
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const here = script.replace("/127.0.0.1/9094", `/127.0.0.1/${port}`);
  const [{ success }] = await Promise.all([runCommand("bash", ["-c", here], 10_000), served]);
  return success;
}

const SUPPORTED: [number, number[]] = [0, Array(40).fill(9)];
const EPOCH: [number, number[]] = [1, [0, 0, 0, 0, 0, 0, 1, 44]];

integrationTest("a controller is ready when it tells the epoch of the cluster's features", async () => {
  assertEquals(await isReady(answer({ fields: [SUPPORTED, EPOCH, [2, [1]]] })), true);
  assertEquals(await isReady(answer({ fields: [EPOCH] })), true);
  for (
    const not of [
      {},
      { fields: [SUPPORTED] },
      { fields: [SUPPORTED, [3, [1]] as [number, number[]]] },
      { error: 35, fields: [EPOCH] },
      { request: 8, fields: [EPOCH] },
    ]
  ) assertEquals(await isReady(answer(not)), false, JSON.stringify(not));
});
