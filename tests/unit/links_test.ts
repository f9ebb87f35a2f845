import { assertEquals } from "@std/assert";
import { anchorsOf, brokenLinks, linksOf } from "../links.ts";

const PATHS = new Set([
  "README.md",
  "src",
  "src/README.md",
  "src/market",
  "src/market/series.ts",
  "a picture.svg",
]);
const MAP = "# The map\n\n[back](../README.md)\n";

/** What is wrong with a README beside a map of src/ that it links to. */
const wrongWith = (readme: string) =>
  brokenLinks(new Map([["README.md", `[map](src/)\n${readme}`], ["src/README.md", MAP]]), PATHS);

Deno.test("files, folders, headings and what leads out of the project are good links", () => {
  assertEquals(
    wrongWith(`
# Top
[file](src/market/series.ts) [folder](src/market) [heading](#top) [of another](src/README.md#the-map)
[of a folder](src/#the-map) [web](https://example.org/src/nothing) [mail](mailto:a@example.org) [space](a%20picture.svg)
<img src="a%20picture.svg"> \`src/market/series.ts\`
`),
    [],
  );
});

Deno.test("each kind of broken link is told with its line", () => {
  for (
    const [link, target, why] of [
      ["[x](src/nothing.ts)", "src/nothing.ts", "there is no such file or folder"],
      ["[x](src/Market)", "src/Market", "there is no such file or folder"],
      ["[x](../outside.md)", "../outside.md", "there is no such file or folder"],
      ["![x](nothing.svg)", "nothing.svg", "there is no such file or folder"],
      ['<img src="nothing.svg">', "nothing.svg", "there is no such file or folder"],
      ['<source srcset="nothing.svg">', "nothing.svg", "there is no such file or folder"],
      ["[x]: nothing.md", "nothing.md", "there is no such file or folder"],
      ["`src/market/nothing.ts`", "src/market/nothing.ts", "there is no such file or folder"],
      ["[x](#nowhere)", "#nowhere", "README.md has no such heading"],
      ["[x](src/README.md#nowhere)", "src/README.md#nowhere", "src/README.md has no such heading"],
      [
        "[x](src/market/series.ts#L3)",
        "src/market/series.ts#L3",
        "headings are looked for in Markdown files alone: lines move",
      ],
    ] as const
  ) assertEquals(wrongWith(`\n${link}`), [`README.md:3: ${target}: ${why}`]);
});

Deno.test("what stands in code is no link", () => {
  assertEquals(
    wrongWith("`[x](nothing.md)`\n```sh\n[x](nothing.md) `src/nothing.ts`\n~~~\n# no heading\n```\n"),
    [],
  );
  assertEquals(linksOf("~~~~\n[x](a.md)\n~~~~\n[y](b.md)").links.map(({ target }) => target), ["b.md"]);
});

Deno.test("anchors are made as GitHub makes them", () => {
  const document =
    "# What it's *good* for, and `what` not\n## A [link](x.md) in it ##\n## A link in it\n```\n# no\n```\n";
  assertEquals([...anchorsOf(document)], [
    "what-its-good-for-and-what-not",
    "a-link-in-it",
    "a-link-in-it-1",
  ]);
});

Deno.test("a document to which no other links is told", () => {
  const documents = new Map([["README.md", "x"], ["src/README.md", MAP], [".github/SECURITY.md", "x"]]);
  assertEquals(brokenLinks(documents, new Set([...PATHS, ".github"])), [
    "src/README.md: no other document links to it",
  ]);
});
