// run.mjs ADDRESS PORT: audits a page by the Chromium that is debugged on a port, as a desktop and as a phone. Prints a line of
// JSON for each. In Node.js: Lighthouse waits for ever in Deno.
import process from "node:process";
import lighthouse, { desktopConfig } from "lighthouse";

const [address, port] = process.argv.slice(2);
for (const [form, config] of [["desktop", desktopConfig], ["mobile", undefined]]) {
  const { lhr } = await lighthouse(
    address,
    { port: Number(port), logLevel: "error", output: "json" },
    config,
  );
  const scores = Object.fromEntries(
    Object.entries(lhr.categories).map(([name, { score }]) => [name, Math.round(score * 100)]),
  );
  const audits = Object.values(lhr.audits).filter(({ score }) => score !== null && score < 0.9);
  const lost = audits.map(({ displayValue, id, score }) => ({ id, score, value: displayValue ?? "" }));
  console.log(JSON.stringify({ form, scores, lost }));
}
process.exit(0);
