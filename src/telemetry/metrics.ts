/** Label names and values of one series, such as `{ partition: "3" }`. */
export type Labels = Record<string, string>;

export interface Counter {
  /** Adds `amount` (default 1), never negative. */
  add(amount?: number, labels?: Labels): void;
  value(labels?: Labels): number;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  /** Forgets one series, such as that of a partition that was revoked. */
  remove(labels?: Labels): void;
  /** Forgets every series. */
  clear(): void;
  value(labels?: Labels): number | undefined;
}

export interface Histogram {
  /** Counts `amount` observations of `value`, in the unit of the name (seconds); what is negative or no number is none. */
  observe(value: number, amount?: number): void;
  /** Upper bound of the bucket that holds quantile `q` (0 to 1); 0 while empty, Infinity above the last bound. */
  quantile(q: number): number;
}

/** Latency bounds in seconds: fine around the few milliseconds that the pipeline takes, coarse up to a minute. */
export const LATENCY_BUCKETS = [
  0.001,
  0.002,
  0.003,
  0.005,
  0.0075,
  0.01,
  0.015,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
  60,
] as const;

/** All metrics of a process, rendered in the Prometheus text format 0.0.4. */
export class MetricRegistry {
  #render: (() => string)[] = [];
  #names = new Set<string>();

  counter(name: string, help: string): Counter {
    const series = this.#series(name, help, "counter");
    return {
      add(amount = 1, labels) {
        const key = labelText(labels);
        series.set(key, (series.get(key) ?? 0) + amount);
      },
      value: (labels) => series.get(labelText(labels)) ?? 0,
    };
  }

  gauge(name: string, help: string): Gauge {
    const series = this.#series(name, help, "gauge");
    return {
      set: (value, labels) => void series.set(labelText(labels), value),
      remove: (labels) => void series.delete(labelText(labels)),
      clear: () => series.clear(),
      value: (labels) => series.get(labelText(labels)),
    };
  }

  /** A gauge whose value is asked for at each scrape. */
  gaugeOf(name: string, help: string, read: () => number): void {
    this.#register(name, () => `${header(name, help, "gauge")}${name} ${number(read())}\n`);
  }

  /** A counter that is kept elsewhere and asked for at each scrape: it must never fall. */
  counterOf(name: string, help: string, read: () => number): void {
    this.#register(name, () => `${header(name, help, "counter")}${name} ${number(read())}\n`);
  }

  histogram(name: string, help: string, bounds: readonly number[] = LATENCY_BUCKETS): Histogram {
    const counts = new Float64Array(bounds.length + 1);
    let sum = 0;
    let count = 0;
    this.#register(name, () => {
      let cumulative = 0;
      const lines = bounds.map((bound, i) => {
        cumulative += counts[i]!;
        return `${name}_bucket{le="${bound}"} ${cumulative}\n`;
      });
      return `${header(name, help, "histogram")}${lines.join("")}${name}_bucket{le="+Inf"} ${count}\n` +
        `${name}_sum ${number(sum)}\n${name}_count ${count}\n`;
    });
    return {
      observe(value, amount = 1) {
        // A sum must never fall, nor stay at something that is no number.
        if (!(value >= 0 && value < Infinity)) return;
        let i = 0;
        while (i < bounds.length && value > bounds[i]!) i++;
        counts[i]! += amount;
        sum += value * amount;
        count += amount;
      },
      quantile(q) {
        let cumulative = 0;
        for (let i = 0; i < bounds.length; i++) {
          cumulative += counts[i]!;
          if (cumulative >= q * count) return count === 0 ? 0 : bounds[i]!;
        }
        return Infinity;
      },
    };
  }

  /** The whole registry as Prometheus text. */
  text(): string {
    return this.#render.map((render) => render()).join("");
  }

  #series(name: string, help: string, type: string): Map<string, number> {
    // A series without labels exists from the start, so that a rate over it sees its first increment.
    const series = new Map<string, number>();
    this.#register(name, () => {
      const lines = [...series].map(([labels, value]) => `${name}${labels} ${number(value)}\n`);
      const zero = type === "counter" && series.size === 0 ? `${name} 0\n` : "";
      return `${header(name, help, type)}${zero}${lines.join("")}`;
    });
    return series;
  }

  #register(name: string, render: () => string): void {
    if (this.#names.has(name)) throw new RangeError(`metric ${name} is registered twice`);
    this.#names.add(name);
    this.#render.push(render);
  }
}

const header = (name: string, help: string, type: string) =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

function labelText(labels: Labels | undefined): string {
  if (labels === undefined) return "";
  const escape = (value: string) =>
    value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `{${Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`).join(",")}}`;
}
