import { $ } from "../../shared/dom.ts";
import type { CandleChart } from "./chart.ts";
import { candlesAsCsv } from "./csv.ts";

/** How prices are drawn, by the numbers that the chart library has for them. */
const SCALES = [["Linear", 0], ["Log", 1], ["Percent", 2]] as const;
/** Milliseconds after which a file that was given to the browser is let go. */
const GIVEN = 60_000;

/**
 * What is done with the chart as a whole: its scale, a way back to the newest candle, and what is seen as a file.
 *
 * @param name of the files, without their ends
 */
export function makeChartTools(chart: CandleChart, name: () => string): void {
  let scale = 0;
  const scaleButton = $("scale");
  scaleButton.addEventListener("click", () => {
    scale = (scale + 1) % SCALES.length;
    const [title, mode] = SCALES[scale]!;
    chart.setScale(mode);
    scaleButton.textContent = title;
  });
  $("latest").addEventListener("click", () => chart.toLatest());
  $("save-csv").addEventListener("click", () => {
    give(new Blob([candlesAsCsv(chart.seen())], { type: "text/csv" }), `${name()}.csv`);
  });
  $("save-picture").addEventListener("click", () => {
    chart.picture().toBlob((blob) => blob && give(blob, `${name()}.png`));
  });
}

function give(blob: Blob, file: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), GIVEN);
}
