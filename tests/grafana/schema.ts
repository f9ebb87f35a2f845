/**
 * The parts of Grafana's published dashboard model that the dashboards use (kinds/dashboard/dashboard_kind.cue and the panels'
 * panelcfg.cue of Grafana 12), as a small checker: an unknown field is most often a slip that Grafana would pass over in
 * silence.
 */

type Check = (value: unknown) => string[];

const text: Check = (value) => typeof value === "string" ? [] : [`: ${JSON.stringify(value)} is no text`];
const flag: Check = (value) => typeof value === "boolean" ? [] : [`: ${JSON.stringify(value)} is no boolean`];
const anything: Check = () => [];

const named: Check = (value) =>
  typeof value === "string" && value !== "" ? [] : [`: ${JSON.stringify(value)} is no name`];

const whole = (least: number, most = Infinity): Check => (value) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most
    ? []
    : [`: ${JSON.stringify(value)} is not a whole number from ${least} to ${most}`];

const number: Check = (value) => typeof value === "number" ? [] : [`: ${JSON.stringify(value)} is no number`];

const oneOf = (...allowed: unknown[]): Check => (value) =>
  allowed.includes(value) ? [] : [`: ${JSON.stringify(value)} is none of ${allowed.join(", ")}`];

const either = (...checks: Check[]): Check => (value) =>
  checks.some((check) => check(value).length === 0) ? [] : checks[0]!(value);

const listOf = (check: Check): Check => (value) =>
  Array.isArray(value)
    ? value.flatMap((each, i) => check(each).map((problem) => `[${i}]${problem}`))
    : [": is no list"];

/** An object with these fields, all but those that end in `?` required, and no others. */
const object = (fields: Record<string, Check>): Check => (value) => {
  if (typeof value !== "object" || value === null) return [": is no object"];
  const problems = Object.entries(fields).flatMap(([key, check]) => {
    const name = key.replace("?", "");
    const each = (value as Record<string, unknown>)[name];
    if (each === undefined) return key.endsWith("?") ? [] : [`.${name}: is missing`];
    return check(each).map((problem) => `.${name}${problem}`);
  });
  const unknown = Object.keys(value).filter((name) => !(name in fields) && !(`${name}?` in fields));
  return [...problems, ...unknown.map((name) => `.${name}: is not known`)];
};

const range = { from: text, to: text };
const dataSource = object({ type: named, uid: named });
const matcher = object({ id: named, "options?": anything });

const fieldConfig = object({
  defaults: object({
    "unit?": named,
    "min?": whole(-1e9),
    "custom?": anything,
    "color?": object({ mode: oneOf("thresholds") }),
    "mappings?": listOf(object({ type: oneOf("value"), options: anything })),
    "thresholds?": object({
      mode: oneOf("absolute"),
      steps: listOf(object({ color: named, value: (value) => value === null ? [] : number(value) })),
    }),
  }),
  overrides: listOf(object({ matcher, properties: listOf(object({ id: named, value: anything })) })),
});

const panel = object({
  id: whole(1),
  type: oneOf("candlestick", "stat", "timeseries", "table", "text"),
  title: text,
  description: text,
  gridPos: object({ x: whole(0, 23), y: whole(0), w: whole(1, 24), h: whole(1) }),
  "datasource?": dataSource,
  "targets?": listOf(either(
    object({
      refId: named,
      datasource: dataSource,
      rawQuery: oneOf(true),
      queryType: oneOf("query"),
      target: named,
      "alias?": named,
    }),
    object({ refId: named, datasource: dataSource, expr: named, legendFormat: named, range: oneOf(true) }),
    object({ refId: named, datasource: dataSource, panelId: whole(1), withTransforms: oneOf(true) }),
  )),
  "transformations?": listOf(
    object({
      id: oneOf("sortBy", "limit", "organize", "convertFieldType", "filterByValue"),
      options: anything,
    }),
  ),
  fieldConfig,
  options: anything,
});

const variable = object({
  name: named,
  "label?": named,
  description: named,
  type: oneOf("query", "custom", "constant", "datasource"),
  // The Cassandra plugin takes an object: of a text it would send nothing.
  query: either(object({ query: named }), named),
  "definition?": named,
  "datasource?": dataSource,
  "refresh?": whole(0, 2),
  "sort?": whole(0, 8),
  "multi?": flag,
  "includeAll?": flag,
  "allValue?": named,
  hide: whole(0, 2),
  "skipUrlSync?": flag,
  "current?": object({ text, value: text, selected: flag }),
  "options?": listOf(object({ text, value: text, selected: flag })),
});

const dashboard = object({
  uid: (value) => /^[\w-]{8,40}$/.test(String(value)) ? [] : [": is not 8 to 40 letters, digits, - and _"],
  title: named,
  description: named,
  tags: listOf(named),
  timezone: oneOf("utc"),
  editable: flag,
  graphTooltip: whole(0, 2),
  schemaVersion: oneOf(41),
  version: whole(1),
  refresh: named,
  time: object(range),
  timepicker: object({
    refresh_intervals: listOf(named),
    "quick_ranges?": listOf(object({ display: named, ...range })),
  }),
  annotations: object({
    list: listOf(object({
      name: named,
      enable: flag,
      hide: flag,
      iconColor: named,
      datasource: dataSource,
      // Of Prometheus.
      "expr?": named,
      "step?": named,
      "titleFormat?": named,
      "useValueForTime?": flag,
      // Of every other data source: columns named time, timeend and text become those of an annotation.
      "target?": object({ refId: named, queryType: named, rawQuery: flag, target: named }),
    })),
  }),
  links: listOf(object({
    type: oneOf("link", "dashboards"),
    title: named,
    icon: named,
    tags: listOf(named),
    tooltip: text,
    asDropdown: flag,
    includeVars: flag,
    keepTime: flag,
    targetBlank: flag,
  })),
  templating: object({ list: listOf(variable) }),
  panels: listOf(panel),
});

/** What is wrong with a dashboard's structure, each with its place; nothing when it is right. */
export const schemaProblems = (value: unknown): string[] => dashboard(value);
