import type { KnownGap } from "../../../../market/following/completeness.ts";
import type { Candle } from "../../../../market/reader.ts";
import { type Canvas, type ChartLayer, colourOf } from "../chart/layer.ts";
import type { DrawingTarget } from "../chart/lightweight_charts.ts";
import { type Placed, placedGaps } from "./place.ts";

/** Hatched bands behind the candles, over times of which trades may be missing. */
export interface GapLayer extends ChartLayer {
  /** Draws these and no others. @param lengthMs of the interval that is shown */
  show(gaps: readonly KnownGap[], lengthMs: number): void;
}

/** Least width of a band, and distance of its lines, pixels. */
const LEAST_WIDTH = 6;
const STEP = 7;

export function makeGapLayer({ chart }: Canvas): GapLayer {
  const times = chart.timeScale();
  let gaps: readonly KnownGap[] = [];
  let candles: readonly Candle[] = [];
  let lengthMs = 0;
  let colour = "";
  let redraw = () => {};

  function draw(target: DrawingTarget): void {
    target.useMediaCoordinateSpace(({ context, mediaSize: { height, width } }) => {
      for (const placed of placedGaps(gaps, candles, lengthMs)) {
        const [left, right] = edges(placed, width);
        if (right > 0 && left < width) hatch(context, Math.max(0, left), Math.min(width, right), height);
      }
    });
  }

  function edges({ left, right }: Placed, width: number): [left: number, right: number] {
    // The library tells the places of whole candles only.
    const first = times.logicalToCoordinate(0) ?? 0;
    const each = (times.logicalToCoordinate(1) ?? 0) - first;
    const from = first + left * each;
    const to = right === Infinity ? width : first + right * each;
    const lacking = Math.max(0, LEAST_WIDTH - (to - from)) / 2;
    return [from - lacking, to + lacking];
  }

  function hatch(context: CanvasRenderingContext2D, left: number, right: number, height: number): void {
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, height);
    context.clip();
    context.fillStyle = `${colour}1a`;
    context.fill();
    context.strokeStyle = `${colour}80`;
    context.lineWidth = 1;
    context.beginPath();
    // Lines of one field over the whole pane: bands that touch look like one.
    for (let x = Math.floor((left - height) / STEP) * STEP; x < right; x += STEP) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
    context.restore();
  }

  chart.panes()[0]?.attachPrimitive({
    attached: ({ requestUpdate }) => redraw = requestUpdate,
    paneViews: () => [{ zOrder: () => "bottom", renderer: () => ({ draw }) }],
  });

  return {
    draw(shown) {
      candles = shown;
      redraw();
    },
    update: () => {},
    paint() {
      colour = colourOf("--gap");
      redraw();
    },
    show(known, length) {
      [gaps, lengthMs] = [known, length];
      redraw();
    },
  };
}
