import type { Page } from "playwright-core";

/** In the browser: notes what is written on canvases, such as a chart's axes. */
function noteTexts(): void {
  // The browser's own names, which Deno's types do not have.
  // deno-lint-ignore no-explicit-any
  const browser = globalThis as any;
  const { prototype } = browser.CanvasRenderingContext2D;
  const { fillText } = prototype;
  browser.drawnTexts = new Set();
  prototype.fillText = function (text: string, ...rest: unknown[]) {
    browser.drawnTexts.add(text);
    return fillText.call(this, text, ...rest);
  };
}

/** Begins to note what pages of this context write on canvases; to be called before they are opened. */
export const noteDrawnTexts = (page: Page): Promise<unknown> => page.addInitScript(noteTexts);

/** What was written since this was asked last. */
export const drawnTexts = (page: Page): Promise<string[]> =>
  page.evaluate("(() => { const all = [...drawnTexts]; drawnTexts.clear(); return all; })()");
