/** Images that are made here, each with a file that names the public image in whose place it is. */
const NAMED_IN = {
  kafka: "kafka/objects.yaml",
  cassandra: "cassandra/objects.yaml",
  "finnhub-pipe": "setup/objects.yaml",
  grafana: "grafana/objects.yaml",
  kafdrop: "kafdrop/objects.yaml",
  "cassandra-web": "cassandra-web/objects.yaml",
} as const;

export type ImageName = keyof typeof NAMED_IN;

export const IMAGE_NAMES = Object.keys(NAMED_IN) as ImageName[];

/** The name that the operator's manifests give an image. */
export async function imageName(image: ImageName): Promise<string> {
  const path = `manifests/${NAMED_IN[image]}`;
  const text = await Deno.readTextFile(new URL(`../../../../${path}`, import.meta.url));
  const [, name] = /^\s*image: (\S+)$/m.exec(text) ?? [];
  if (name === undefined) throw new Error(`${path} names no image`);
  return name;
}

/** The name with its registry, as a node knows it: `cassandra:5` is `docker.io/library/cassandra:5`. */
export function qualified(name: string): string {
  const [first = "", ...rest] = name.split("/");
  if (rest.length === 0) return `docker.io/library/${name}`;
  return /[.:]|^localhost$/.test(first) ? name : `docker.io/${name}`;
}
