import { Exchange, probing } from "./exchange.ts";
import { install } from "./install.ts";
import { archiveOf, jvmFlags, type StartOptions } from "./jvm.ts";
import { freePorts } from "./ports.ts";
import { type ServerGroup, startGroup } from "./server.ts";
import { confPath, fillTemplate } from "./template.ts";

export interface ZooKeeper extends ServerGroup {
  readonly host: string;
  readonly port: number;
}

/** Starts one ZooKeeper and waits until it serves. */
export async function startZooKeeper(options: StartOptions = {}): Promise<ZooKeeper> {
  const { jvm: profile = "quick", trainArchives, signal } = options;
  const { kafka: classPath, archives } = await install();
  const host = "127.0.0.1";
  const [port] = freePorts(1) as [number];
  const group = await startGroup("zookeeper", async (newFolder, add) => {
    const folder = await newFolder("zookeeper");
    const config = `${folder}/zookeeper.properties`;
    await Deno.writeTextFile(config, await fillTemplate("zookeeper.properties", { folder, port }));
    const archive = archiveOf("zookeeper", `${archives}/zookeeper.jsa`, trainArchives);
    const server = add({
      name: "zookeeper",
      folder,
      command: [
        "java",
        ...jvmFlags({ profile, heap: { quick: "128m", server: "256m" }, archive }),
        "-Xss512k",
        "-cp",
        classPath,
        `-Dlog4j.configuration=file:${confPath("log4j.properties")}`,
        "-Dzookeeper.jmx.log4j.disable=true",
        // The data outlive a killed process without it; only a machine's crash would need it.
        "-Dzookeeper.forceSync=no",
        "org.apache.zookeeper.server.quorum.QuorumPeerMain",
        config,
      ],
      servesLine: /PrepRequestProcessor .* started/,
      probe: () =>
        probing(async () => {
          const answer = await fourLetters({ host, port }, "srvr");
          return answer.includes("Mode:") || `srvr answered ${JSON.stringify(answer)}`;
        }),
    });
    await server.ready(signal);
  });
  return { ...group, host, port };
}

/** Sends one of ZooKeeper's four-letter words and returns its answer. */
export async function fourLetters(
  { host, port }: { host: string; port: number },
  word: "ruok" | "srvr" | "dump",
): Promise<string> {
  using exchange = await Exchange.open(host, port);
  await exchange.write(new TextEncoder().encode(word));
  return new TextDecoder().decode(await exchange.read());
}
