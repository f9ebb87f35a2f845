import { runCommand } from "../../../services/run_command.ts";
import type { Layer } from "./layer.ts";

/** As in an image's configuration. */
interface ImageConfig {
  Entrypoint?: string[];
  Cmd?: string[];
  User?: string;
  Env?: string[];
  WorkingDir?: string;
}

export interface Image {
  /** With registry and tag, as a node resolves the name in a manifest. */
  name: string;
  /** The lowest first. */
  layers: Layer[];
  config: ImageConfig;
}

/**
 * Writes images into one archive of the kind that `docker save` makes, with each layer once.
 *
 * @param folder where to write
 * @returns path of the archive
 */
export async function writeArchive(folder: string, images: readonly Image[]): Promise<string> {
  const staging = `${folder}/staging`;
  await Deno.mkdir(staging, { recursive: true });
  const manifest = [];
  for (const { name, layers, config } of images) {
    const file = `${name.replaceAll(/[^\w.-]/g, "_")}.json`;
    const rootfs = { type: "layers", diff_ids: layers.map(({ digest }) => `sha256:${digest}`) };
    const description = { architecture: "amd64", os: "linux", config, rootfs };
    await Deno.writeTextFile(`${staging}/${file}`, JSON.stringify(description));
    for (const { path, digest } of layers) await link(path, `${staging}/${digest}.tar`);
    manifest.push({ Config: file, RepoTags: [name], Layers: layers.map(({ digest }) => `${digest}.tar`) });
  }
  await Deno.writeTextFile(`${staging}/manifest.json`, JSON.stringify(manifest));
  const archive = `${folder}/images.tar`;
  const { success, output } = await runCommand("tar", ["-h", "-C", staging, "-cf", archive, "."], 300_000);
  if (!success) throw new Error(`the images cannot be packed: ${output}`);
  return archive;
}

async function link(path: string, name: string): Promise<void> {
  await Deno.symlink(path, name).catch((error) => {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  });
}
