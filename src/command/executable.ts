/**
 * Where the executable starts. It is bundled before it is compiled: what `deno compile` embeds counts as resident
 * memory, whole packages with their sources and declarations, and a bundle holds the code alone.
 */
import { createRequire } from "node:module";

// In a bundle, CommonJS packages look for Node's modules with a global `require`, which no ES module has.
Object.assign(globalThis, { require: createRequire(import.meta.url) });

await import("../../main.ts");
