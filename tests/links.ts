/**
 * Checks the links of all Markdown files: run by `make check`. Each leads to a file or folder of the checkout, or to a heading; each
 * path in code marks, such as `src/market/series.ts`, is there; and each document is linked from another one.
 */

/** A link of a document, or a path that it names. */
export interface Link {
  /** From 1. */
  line: number;
  /** As it is written. */
  target: string;
  /** Relative to the document; absent for a heading of its own. */
  path?: string;
  /** Without `#`; absent for a whole file. */
  anchor?: string;
}

/** Paths that start so are named from the root of the checkout. */
const FROM_ROOT = /^(?:\.ci|\.github|grafana|manifests|schemas|src|tests)\/[\w./-]*\w$/;
/** Written by runs, and not committed. */
const OUTPUT = "tests/output";

/** The links of a document that lead into the checkout, and the paths that it names as code. */
export function linksOf(document: string): { links: Link[]; named: Link[] } {
  const links: Link[] = [];
  const named: Link[] = [];
  for (const { code, line, text } of lines(document)) {
    if (code) continue;
    for (const [, name] of text.matchAll(/`([^`]+)`/g)) {
      if (FROM_ROOT.test(name!) && !name!.startsWith(OUTPUT)) {
        named.push({ line, target: name!, path: name! });
      }
    }
    const plain = text.replaceAll(/`[^`]*`/g, "");
    const inline = [...plain.matchAll(/\]\(\s*<?([^)\s>]+)/g)];
    const defined = [...plain.matchAll(/^\s*\[[^\]]+\]:\s*<?([^\s>]+)/g)];
    const html = [...plain.matchAll(/\b(?:href|src|srcset)="([^"\s]+)/g)];
    for (const [, target] of [...inline, ...defined, ...html]) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(target!)) continue;
      const [path, anchor] = target!.split("#");
      links.push({ line, target: target!, ...(path ? { path } : {}), ...(anchor ? { anchor } : {}) });
    }
  }
  return { links, named };
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf(document: string): Set<string> {
  const anchors = new Set<string>();
  for (const { code, text } of lines(document)) {
    const [, heading] = code ? [] : /^ {0,3}#{1,6} +(.*?)(?: +#+)? *$/.exec(text) ?? [];
    if (heading === undefined) continue;
    const words = heading.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = words.replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, "").replaceAll(" ", "-");
    let anchor = slug;
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What is wrong with the links of documents, each with file, line and link; empty when nothing is. */
export function brokenLinks(documents: ReadonlyMap<string, string>, paths: ReadonlySet<string>): string[] {
  const broken: string[] = [];
  const linked = new Set<string>();
  for (const [file, document] of documents) {
    const { links, named } = linksOf(document);
    const complain = ({ line, target }: Link, why: string) =>
      broken.push(`${file}:${line}: ${target}: ${why}`);
    for (const link of named) {
      if (!paths.has(link.path!)) complain(link, "there is no such file or folder");
    }
    for (const link of links) {
      const found = link.path === undefined ? file : resolved(file, link.path);
      if (found === undefined || !paths.has(found)) {
        complain(link, "there is no such file or folder");
        continue;
      }
      if (found !== file) linked.add(found);
      if (link.anchor === undefined) continue;
      const text = documents.get(found) ?? documents.get(`${found}/README.md`);
      if (text === undefined) complain(link, "headings are looked for in Markdown files alone: lines move");
      else if (!anchorsOf(text).has(link.anchor)) complain(link, `${found} has no such heading`);
    }
  }
  for (const file of documents.keys()) {
    // GitHub shows what it finds there by itself.
    if (file === "README.md" || file.startsWith(".github/")) continue;
    const folder = file.replace(/\/README\.md$/, "");
    if (!linked.has(file) && !linked.has(folder)) broken.push(`${file}: no other document links to it`);
  }
  return broken;
}

/** A path relative to a document, from the root of the checkout; undefined when it leads out of it. */
function resolved(file: string, path: string): string | undefined {
  const parts = path.startsWith("/") ? [] : file.split("/").slice(0, -1);
  for (const part of decodeURIComponent(path).split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}

/** The lines of a document; those of code blocks, fences included, are marked. */
function* lines(document: string): Generator<{ line: number; text: string; code: boolean }> {
  let fence: string | undefined;
  for (const [i, text] of document.split("\n").entries()) {
    const [, mark] = /^ *(`{3,}|~{3,})/.exec(text) ?? [];
    yield { line: i + 1, text, code: fence !== undefined || mark !== undefined };
    if (mark === undefined) continue;
    if (fence === undefined) fence = mark;
    else if (mark.startsWith(fence)) fence = undefined;
  }
}

/** All files and folders below `folder`, but for what is not committed. */
async function* pathsBelow(folder: string, ignored: ReadonlySet<string>): AsyncGenerator<string> {
  for await (const { isDirectory, name } of Deno.readDir(folder)) {
    const path = folder === "." ? name : `${folder}/${name}`;
    if (ignored.has(path)) continue;
    yield path;
    if (isDirectory) yield* pathsBelow(path, ignored);
  }
}

if (import.meta.main) {
  const ignored = (await Deno.readTextFile(".gitignore")).split("\n").map((line) =>
    line.replaceAll(/^\/|\/$/g, "")
  );
  const paths = new Set(await Array.fromAsync(pathsBelow(".", new Set([".git", ...ignored]))));
  const names = [...paths].filter((path) => path.endsWith(".md")).toSorted();
  const documents = new Map<string, string>();
  for (const name of names) documents.set(name, await Deno.readTextFile(name));
  const broken = brokenLinks(documents, paths);
  for (const line of broken) console.error(line);
  if (broken.length > 0) Deno.exit(1);
  console.error(`Checked the links of ${documents.size} documents`);
}
