import type { Clock, ZonedTime } from "../clock/clock.ts";
import { weightOf } from "./marks.ts";
import type { HorzScaleBehavior, Options, TimeScalePoint } from "./lightweight_charts.ts";

/** Points of which the times are kept: more than a long history has. */
const KEPT = 20_000;

/** An axis of times in a zone that may change: years, days and hours begin where they do there. */
export function zonedAxis(clock: () => Clock): HorzScaleBehavior {
  const Behavior = LightweightCharts.defaultHorzScaleBehavior();
  let [zone, known] = ["", new Map<number, ZonedTime>()];

  function at(seconds: number): ZonedTime {
    if (clock().zone !== zone || known.size > KEPT) [zone, known] = [clock().zone, new Map()];
    let time = known.get(seconds);
    if (!time) known.set(seconds, time = clock().at(seconds * 1000));
    return time;
  }

  return new class extends Behavior {
    override fillWeightsForPoints(points: readonly TimeScalePoint[], from: number): void {
      for (let i = Math.max(1, from); i < points.length; i++) {
        points[i]!.timeWeight = weightOf(at(points[i]!.originalTime), at(points[i - 1]!.originalTime));
      }
      const [first, second] = points;
      if (from > 0 || !first || !second) return;
      const { originalTime: start } = first;
      first.timeWeight = weightOf(at(start), at(start - (second.originalTime - start)));
    }
  }();
}

/** How times are written on the axis and under the crosshair. */
export function timeFormats(clock: Clock): { localization: Options; timeScale: Options } {
  const { DayOfMonth, Month, TimeWithSeconds, Year } = LightweightCharts.TickMarkType;
  return {
    localization: { locale: "en-GB", timeFormatter: (seconds: number) => clock.date(seconds * 1000) },
    timeScale: {
      tickMarkFormatter(seconds: number, type: number) {
        const time = seconds * 1000;
        if (type === Year) return String(clock.at(time).year);
        if (type === Month || type === DayOfMonth) return clock.day(time);
        return clock.time(time).slice(0, type === TimeWithSeconds ? 8 : 5);
      },
    },
  };
}
