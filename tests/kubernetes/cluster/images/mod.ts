import { digest, exclusively, install } from "../../../services/install.ts";
import { fetchJars } from "../../../services/jars.ts";
import type { Progress } from "../../../services/progress.ts";
import { confPath } from "../../../services/template.ts";
import { binary } from "../../../e2e/role.ts";
import { type Image, writeArchive } from "./archive.ts";
import { cachedLayer, type Layer, makeLayer } from "./layer.ts";
import { type ImageName, imageName, qualified } from "./names.ts";

/** The image of the process that holds a pod's namespaces. */
export const PAUSE = "localhost/pause:1";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const JAVA = "/opt/java/openjdk";

/** A Kafka of another release than the operator's. */
export interface OtherKafka {
  /** Of the image, as a manifest has it. */
  name: string;
  jars: string[];
}

/**
 * Makes images, laid out and started as the public ones of their names are, and packs them into one archive in `folder`. The layers with Java and the servers are kept in the cache;
 * our own is made from the executable as it is now.
 */
export async function makeImages(
  names: readonly ImageName[],
  folder: string,
  progress: Progress,
  otherKafka?: OtherKafka,
): Promise<string> {
  const java = await cachedLayer({ name: "java", args: [], inputs: [] }, progress);
  const makers: Record<ImageName, () => Promise<Image>> = {
    kafka: () => kafka(java, progress, otherKafka),
    cassandra: () => cassandra(java, progress),
    "finnhub-pipe": () => own(`${folder}/finnhub-pipe`),
    grafana: () => standIn(java, "grafana", 3000, progress),
    kafdrop: () => standIn(java, "kafdrop", 9000, progress),
    "cassandra-web": () => standIn(java, "cassandra-web", 8083, progress),
  };
  const images: Image[] = [{
    name: PAUSE,
    layers: [java],
    config: { Entrypoint: ["/bin/sleep", "infinity"] },
  }];
  for (const name of names) images.push(await makers[name]());
  return await writeArchive(folder, images);
}

async function kafka(java: Layer, progress: Progress, other?: OtherKafka): Promise<Image> {
  const jars = other?.jars ?? await exclusively(
    progress,
    (folder) => fetchJars("kafka-tools", `${folder}/kafka-tools`, progress),
  );
  const tree = treeOf("kafka");
  const inputs = [await contents(tree), namesOf(jars)];
  const layer = await cachedLayer({ name: "kafka", args: [tree, ...jars], inputs }, progress);
  return {
    name: qualified(other?.name ?? await imageName("kafka")),
    layers: [java, layer],
    config: {
      // By name: a pod that must not be root has to give the number, as with the public image.
      User: "appuser",
      Env: [`PATH=${JAVA}/bin:${PATH}`, `JAVA_HOME=${JAVA}`],
      WorkingDir: "/",
      Cmd: ["/bin/bash", "-c", "echo 'this image needs a command: see /opt/kafka/bin' >&2; exit 1"],
    },
  };
}

async function cassandra(java: Layer, progress: Progress): Promise<Image> {
  const { cassandra: classPath } = await install(progress);
  const tree = treeOf("cassandra");
  const options = confPath("cassandra.jvm");
  const jars = classPath.split(":");
  const inputs = [await contents(tree), await Deno.readTextFile(options), namesOf(jars)];
  const layer = await cachedLayer({ name: "cassandra", args: [tree, options, ...jars], inputs }, progress);
  return {
    name: qualified(await imageName("cassandra")),
    layers: [java, layer],
    config: {
      Env: [
        `PATH=/opt/cassandra/bin:${JAVA}/bin:${PATH}`,
        `JAVA_HOME=${JAVA}`,
        "CASSANDRA_HOME=/opt/cassandra",
        "CASSANDRA_CONF=/etc/cassandra",
      ],
      WorkingDir: "/",
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["cassandra", "-f"],
    },
  };
}

async function own(folder: string): Promise<Image> {
  const layer = await makeLayer({ name: "finnhub-pipe", args: [binary()] }, folder);
  return {
    name: qualified(await imageName("finnhub-pipe")),
    layers: [layer],
    config: {
      User: "65532:65532",
      Env: [`PATH=${PATH}`, "HOME=/tmp"],
      WorkingDir: "/",
      Entrypoint: ["/finnhub-pipe"],
    },
  };
}

/** What answers for a page that cannot be made of what package registries have. */
async function standIn(java: Layer, name: ImageName, port: number, progress: Progress): Promise<Image> {
  const tree = treeOf("stand-in");
  const recipe = { name: "stand-in", args: [tree], inputs: [await contents(tree)] };
  return {
    name: qualified(await imageName(name)),
    layers: [java, await cachedLayer(recipe, progress)],
    config: { Env: [`PATH=${PATH}`], WorkingDir: "/", Entrypoint: ["stand-in", name, String(port)] },
  };
}

const treeOf = (name: string) => new URL(name, import.meta.url).pathname;

const namesOf = (paths: readonly string[]) =>
  paths.map((path) => path.slice(path.lastIndexOf("/") + 1)).join("\n");

/** One text of all files in a folder. */
async function contents(folder: string): Promise<string> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    texts.push(`${name}\n${isDirectory ? await contents(path) : await Deno.readTextFile(path)}`);
  }
  return await digest(texts.sort().join("\n"));
}
