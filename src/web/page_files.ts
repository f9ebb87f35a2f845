import head from "./pages/shared/head.html" with { type: "text" };
import icon from "./pages/shared/icon.svg" with { type: "text" };
import base from "./pages/shared/base.css" with { type: "text" };
import type { StaticFile } from "./static_files.ts";

/** Where a page takes what stands in the head of every page. */
const HEAD = "<!-- shared/head.html -->";

/** What one page has of its own. */
export interface PageParts {
  /** The page; its head has the line `<!-- shared/head.html -->`. */
  html: string;
  /** Its own style sheets, which come after the shared one. */
  styles: readonly string[];
  /** Its bundled script. */
  script: string;
}

/** The files of a page: at `/` the page, beside it one style sheet, one script and the icon. */
export function pageFiles({ html, script, styles }: PageParts): readonly StaticFile[] {
  return [
    ["/", html.replace(HEAD, () => head.trim()), "text/html"],
    ["/page.css", [base, ...styles].join("\n"), "text/css"],
    ["/page.js", script, "text/javascript"],
    ["/icon.svg", icon, "image/svg+xml"],
  ];
}
