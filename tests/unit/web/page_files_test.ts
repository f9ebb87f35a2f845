import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { pageFiles } from "../../../src/web/page_files.ts";
import dashboard from "../../../src/web/pages/dashboard/page.html" with { type: "text" };
import operator from "../../../src/web/pages/operator/page.html" with { type: "text" };
import base from "../../../src/web/pages/shared/base.css" with { type: "text" };
import head from "../../../src/web/pages/shared/head.html" with { type: "text" };

const served = (html: string) =>
  new Map(pageFiles({ html, styles: ["b{}"], script: "1" }).map(([path, text]) => [path, text]));

Deno.test("each page has the shared head, once, and no part of it itself", () => {
  const tags = head.trim().split("\n");
  assert(tags.length > 1);
  for (const html of [dashboard, operator]) {
    const page = served(html).get("/")!;
    for (const tag of tags) {
      assert(!html.includes(tag), tag);
      assertEquals(page.split(tag).length, 2, tag);
    }
    assert(page.indexOf(tags.at(-1)!) < page.indexOf("</head>"), "it is in the head");
    assert(!page.includes("<!--"), "no place is left unfilled");
  }
});

Deno.test("a page has nothing inline, every id once, and names what is served beside it", () => {
  for (const html of [dashboard, operator]) {
    assertEquals(html.match(/<meta\s+name="description"\s+content="[^"]{50,160}"\s*>/g)?.length, 1);
    const files = served(html);
    const page = files.get("/")!;
    assert(!/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/i.test(page), "inline");
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!);
    assertEquals(new Set(ids).size, ids.length);
    for (const path of ["page.css", "page.js", "icon.svg"]) assertStringIncludes(page, `"${path}"`);
    assertEquals([...files.keys()], ["/", "/page.css", "/page.js", "/icon.svg"]);
  }
});

Deno.test("the shared style sheet comes before a page's own, which may differ from it", () => {
  const style = served(dashboard).get("/page.css")!;
  assert(style.startsWith(base));
  assert(style.endsWith("b{}"));
});
