/** Each page's script; `deno task pages` bundles it from src/web/pages. */
const SCRIPTS = {
  dashboard: () => import("../../build/pages/dashboard/page.js", { with: { type: "text" } }),
  operator: () => import("../../build/pages/operator/page.js", { with: { type: "text" } }),
};

/**
 * The script of a page as the browser takes it. It is embedded in the executable, and a file beside the sources.
 *
 * @throws {Error} that names the command to run, when the sources run and nothing was bundled.
 */
export async function pageScript(page: keyof typeof SCRIPTS): Promise<string> {
  try {
    return (await SCRIPTS[page]()).default;
  } catch (cause) {
    throw new Error(`the script of the ${page}'s page is not bundled; run deno task pages`, { cause });
  }
}
