import { $ } from "../../shared/dom.ts";
import type { CandleChart } from "./chart.ts";
import { candlesAsCsv } from "./csv.ts";
import { makeFullScreenButton } from "./full_screen.ts";

/** How prices are drawn, by the numbers that the chart library has for them. */
const SCALES = [["Linear", 0], ["Log", 1], ["Percent", 2]] as const;
/** Milliseconds after which a file that was given to the browser is let go. */
const GIVEN = 60_000;

/** The tools of a chart. */
export interface ChartTools {
  /** The scale that is chosen, as a view keeps it; empty for a linear one. */
  readonly scale: string;
  /** Chooses the scale that a view has. */
  setScale(text: string): void;
}

/**
 * What is done with the chart as a whole: its scale, a way back to the newest candle, the whole screen, and what is seen as a
 * file.
 *
 * @param name of the files, without their ends
 * @param changed is called when somebody has chosen another scale
 */
export function makeChartTools(chart: CandleChart, name: () => string, changed: () => void): ChartTools {
  let scale = 0;
  const scaleButton = $("scale");
  const textOf = (number: number) => number === 0 ? "" : SCALES[number]![0].toLowerCase();

  function show(number: number): void {
    scale = Math.max(0, number);
    const [title, mode] = SCALES[scale]!;
    chart.setScale(mode);
    scaleButton.textContent = title;
  }

  scaleButton.addEventListener("click", () => {
    show((scale + 1) % SCALES.length);
    changed();
  });
  makeFullScreenButton($("full-screen"), $("chosen-card"));
  $("latest").addEventListener("click", () => chart.toLatest());
  $("save-csv").addEventListener("click", () => {
    give(new Blob([candlesAsCsv(chart.seen())], { type: "text/csv" }), `${name()}.csv`);
  });
  $("save-picture").addEventListener("click", () => {
    chart.picture().toBlob((blob) => blob && give(blob, `${name()}.png`));
  });
  return {
    get scale() {
      return textOf(scale);
    },
    setScale: (text) => show(SCALES.findIndex((_, number) => textOf(number) === text)),
  };
}

function give(blob: Blob, file: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), GIVEN);
}
