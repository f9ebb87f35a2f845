import { probing } from "./exchange.ts";
import { installRegistry } from "./install.ts";
import { jvmFlags, type StartOptions } from "./jvm.ts";
import { freePorts } from "./ports.ts";
import { progressOnStderr } from "./progress.ts";
import { type ServerGroup, startGroup } from "./server.ts";

export interface Registry extends ServerGroup {
  /** Base address of Confluent's API. */
  readonly url: string;
}

/** Starts a schema registry that keeps its schemas over a restart, and waits until it serves. */
export async function startRegistry(
  { jvm: profile = "quick", signal }: StartOptions = {},
): Promise<Registry> {
  const jar = await installRegistry(progressOnStderr());
  const [port] = freePorts(1) as [number];
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const group = await startGroup("registry", async (newFolder, add) => {
    const folder = await newFolder("registry");
    const server = add({
      name: "registry",
      folder,
      command: [
        "java",
        // No class archive: it starts in three seconds without.
        ...jvmFlags({
          profile,
          heap: { quick: "256m", server: "512m" },
          archive: { file: "none", train: false },
        }),
        "-Dquarkus.http.host=127.0.0.1",
        `-Dquarkus.http.port=${port}`,
        // Written before it answers: a killed process would lose the schemas of its last half second.
        `-Dquarkus.datasource.jdbc.url=jdbc:h2:file:${folder}/schemas;WRITE_DELAY=0`,
        "-jar",
        jar,
      ],
      servesLine: /Listening on: http/,
      probe: () =>
        probing(async () => {
          const response = await fetch(`${url}/subjects`);
          await response.body?.cancel();
          return response.ok || `it answers ${response.status}`;
        }),
    });
    await server.ready(signal);
  });
  return { ...group, url };
}
