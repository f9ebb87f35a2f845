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

/** The candles in sight, as the page gives them: a head, and a row each. */
export async function chartTable(page: Page): Promise<string[][]> {
  const { bytes } = await saved(page, "#save-csv");
  return new TextDecoder().decode(bytes).trim().split("\n").map((line) => line.split(","));
}
