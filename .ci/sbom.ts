/** A package that is inside the executable. */
export interface Component {
  name: string;
  version: string;
  /** Subresource integrity, `sha512-…`, as the lock file has it. */
  integrity?: string;
  licence?: string;
}

/**
 * What is not from the lock file: the runtime, and the library that is kept in the repository.
 *
 * @param charts text of that library, which names its version
 */
export function otherParts(deno: string, charts: string): Component[] {
  const [, version] = /Lightweight Charts™ v(\S+)/.exec(charts.slice(0, 500)) ?? [];
  if (version === undefined) throw new RangeError("lightweight-charts does not say its version");
  return [
    { name: "deno", version: deno, licence: "MIT" },
    { name: "lightweight-charts", version, licence: "Apache-2.0" },
  ];
}

/**
 * The npm packages whose code a bundle holds: the bundler writes each file's path above it.
 *
 * @param bundle text of all bundled files
 * @param lock text of deno.lock
 * @throws {RangeError} for a package that the lock file does not have
 */
export function bundledPackages(bundle: string, lock: string): Component[] {
  const { npm } = JSON.parse(lock) as { npm: Record<string, { integrity: string }> };
  const locked = new Map(
    Object.entries(npm).map(([id, { integrity }]) => [/^@?[^@]+@[^_]+/.exec(id)![0], integrity]),
  );
  const found = new Map<string, Component>();
  for (const [, folder] of bundle.matchAll(/^\s*\/\/ node_modules\/\.deno\/([^/\s]+)\/node_modules\//gm)) {
    const [, escaped, version] = /^(@?[^@]+)@([^_]+)/.exec(folder!)!;
    const name = escaped!.replace("+", "/");
    const id = `${name}@${version}`;
    const integrity = locked.get(id);
    if (integrity === undefined) throw new RangeError(`${id} is not in deno.lock`);
    found.set(id, { name, version: version!, integrity });
  }
  return [...found.values()].toSorted((a, b) => a.name < b.name ? -1 : 1);
}

/** A bill of materials in CycloneDX 1.6 (JSON); the same for the same input. */
export function cycloneDx(version: string, components: readonly Component[]): unknown {
  const root = { type: "application", "bom-ref": "finnhub-pipe", name: "finnhub-pipe", version };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { ...root, licenses: [{ license: { id: "MIT" } }] } },
    components: components.map(({ integrity, licence, name, version }) => {
      const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
      return {
        type: name === "deno" ? "platform" : "library",
        "bom-ref": `${name}@${version}`,
        name,
        version,
        ...(name === "deno" ? {} : { purl }),
        ...(licence === undefined ? {} : {
          licenses: [/\b(OR|AND)\b/.test(licence) ? { expression: licence } : { license: { id: licence } }],
        }),
        ...(integrity === undefined ? {} : { hashes: [{ alg: "SHA-512", content: hexOf(integrity) }] }),
      };
    }),
    dependencies: [{
      ref: "finnhub-pipe",
      dependsOn: components.map(({ name, version }) => `${name}@${version}`),
    }],
  };
}

function hexOf(integrity: string): string {
  const bytes = atob(integrity.replace(/^sha512-/, ""));
  return [...bytes].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
