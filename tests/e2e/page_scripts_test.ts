import { assert, assertEquals } from "@std/assert";
import { pageScript } from "../../src/web/page_script.ts";
import dashboard from "../../src/web/pages/dashboard/page.html" with { type: "text" };
import operator from "../../src/web/pages/operator/page.html" with { type: "text" };
import { integrationTest } from "../needs.ts";

const PAGES = [["dashboard", dashboard], ["operator", operator]] as const;
/** The name of a kind of element, which nobody fetches. */
const NAMESPACE = "http://www.w3.org/2000/svg";

for (const [name, html] of PAGES) {
  integrationTest(`the ${name}'s script asks its own server alone, and needs no other file`, async () => {
    const script = await pageScript(name);
    assertEquals(script.replaceAll(NAMESPACE, "").match(/\b(?:https?|wss?):/g), null);
    const asked = [...script.matchAll(/\b(?:fetch|EventSource)\(\s*(.{0,8})/g)].map(([, start]) => start!);
    assert(asked.length > 0);
    assertEquals(asked.filter((start) => !/^["`](?:api\/|events")/.test(start)), []);
    assertEquals(script.match(/XMLHttpRequest|WebSocket|sendBeacon|\bimport\b|\bWorker\(/g), null);
  });

  integrationTest(
    `the ${name}'s script never sets markup, and knows no id that the page has not`,
    async () => {
      const script = await pageScript(name);
      const markup = /innerHTML|outerHTML|insertAdjacentHTML|setHTML|document\.write|\beval\b|new Function/;
      assertEquals(script.match(markup), null);
      const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!);
      const asked = [...script.matchAll(/(?:\$|\brenderList|\bshow)\(\s*"([\w-]+)"/g)].map(([, id]) => id!);
      assert(asked.length > 10);
      assertEquals(asked.filter((id) => !ids.includes(id)), []);
    },
  );
}
