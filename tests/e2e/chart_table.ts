import type { Page } from "playwright-core";

/** The file that a button of the page gives. */
export async function saved(page: Page, button: string): Promise<{ name: string; bytes: Uint8Array }> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
  const file = await Deno.makeTempFile();
  try {
    await download.saveAs(file);
    return { name: download.suggestedFilename(), bytes: await Deno.readFile(file) };
  } finally {
    await Deno.remove(file);
  }
}

const rowsOf = (text: string): string[][] => text.trim().split("\n").map((line) => line.split(","));

/** The candles in sight, as the page gives them: a head, and a row each. */
export async function chartTable(page: Page): Promise<string[][]> {
  const { bytes } = await saved(page, "#save-csv");
  return rowsOf(new TextDecoder().decode(bytes));
}

/** In the browser: the table of candles, as text, without a file of it. */
const TABLE = `new Promise((resolve) => {
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    URL.createObjectURL = make;
    blob.text().then(resolve);
    return "#";
  };
  const go = HTMLAnchorElement.prototype.click;
  HTMLAnchorElement.prototype.click = () => {};
  document.querySelector("#save-csv").click();
  HTMLAnchorElement.prototype.click = go;
})`;

/** The same with the next frame, and without a file: a browser gives few of those one after another. */
export async function drawnTable(page: Page): Promise<string[][]> {
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  return rowsOf(await page.evaluate(TABLE));
}
