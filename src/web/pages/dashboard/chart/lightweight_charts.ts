/** The parts of Lightweight Charts 5 that the page uses; the library is a script of its own, loaded before. */

import type { LogicalRange } from "./sight.ts";

/** A point in time, seconds since the epoch. */
export interface TimePoint {
  time: number;
}
/** A point of a line; a gap without a value. */
export interface LinePoint extends TimePoint {
  value?: number;
}
export interface HistogramPoint extends LinePoint {
  color: string;
}
export interface Bar extends TimePoint {
  open: number;
  high: number;
  low: number;
  close: number;
}

/** Settings, as the library names them. */
export type Options = Readonly<Record<string, unknown>>;

export interface PriceLine {
  applyOptions(options: Options): void;
}

export interface Series<P extends TimePoint> {
  applyOptions(options: Options): void;
  createPriceLine(options: Options): PriceLine;
  data(): readonly P[];
  priceScale(): { applyOptions(options: Options): void };
  /** @param data earliest first */
  setData(data: P[]): void;
  /** Changes the last point, or adds one behind it. */
  update(point: P): void;
}

export interface TimeScale {
  /** Pixels from the left edge to a candle by its whole number, which may be one that is not there; null without candles. */
  logicalToCoordinate(logical: number): number | null;
  getVisibleLogicalRange(): LogicalRange | null;
  setVisibleLogicalRange(range: LogicalRange): void;
  subscribeVisibleLogicalRangeChange(handler: (range: LogicalRange | null) => void): void;
}

/** A kind of series, for points of its own kind. */
export interface SeriesDefinition<P extends TimePoint> {
  readonly type: string;
  /** Never there: it ties the points to the definition. */
  readonly points?: P;
}

/** What a drawing of ours gets. */
export interface DrawingTarget {
  /** Calls at once with a context in CSS pixels. */
  useMediaCoordinateSpace(
    draw: (
      scope: { context: CanvasRenderingContext2D; mediaSize: { width: number; height: number } },
    ) => void,
  ): void;
}

/** A drawing of ours in a pane. */
export interface PanePrimitive {
  attached(to: { requestUpdate: () => void }): void;
  paneViews(): readonly { zOrder(): "bottom"; renderer(): { draw(target: DrawingTarget): void } }[];
}

export interface Pane {
  attachPrimitive(primitive: PanePrimitive): void;
  /** Its share of the height, among those of all panes. */
  setStretchFactor(factor: number): void;
}

export interface Chart {
  /** @param pane where it is drawn, from the top; a pane that is not there yet is made */
  addSeries<P extends TimePoint>(definition: SeriesDefinition<P>, options: Options, pane?: number): Series<P>;
  applyOptions(options: Options): void;
  panes(): Pane[];
  priceScale(id: string): { applyOptions(options: Options): void };
  /** A pane that has no series any more goes with it. */
  removeSeries<P extends TimePoint>(series: Series<P>): void;
  /** @param handler gets the time under the cross-hair, or none outside of the chart */
  subscribeCrosshairMove(handler: (event: { time?: number }) => void): void;
  takeScreenshot(): HTMLCanvasElement;
  timeScale(): TimeScale;
}

/** A point of the axis of times. */
export interface TimeScalePoint {
  /** As it was given, seconds. */
  originalTime: number;
  /** The greater, the sooner it is marked. */
  timeWeight: number;
}

/** What an axis of times is. */
export interface HorzScaleBehavior {
  /** @param from the first point that changed */
  fillWeightsForPoints(points: readonly TimeScalePoint[], from: number): void;
}

declare global {
  const LightweightCharts: {
    readonly CandlestickSeries: SeriesDefinition<Bar>;
    readonly HistogramSeries: SeriesDefinition<HistogramPoint>;
    readonly LineSeries: SeriesDefinition<LinePoint>;
    readonly CrosshairMode: { readonly Normal: number };
    readonly TickMarkType: Readonly<
      Record<"Year" | "Month" | "DayOfMonth" | "Time" | "TimeWithSeconds", number>
    >;
    createChartEx(element: HTMLElement, behavior: HorzScaleBehavior, options: Options): Chart;
    defaultHorzScaleBehavior(): new () => HorzScaleBehavior;
  };
}
