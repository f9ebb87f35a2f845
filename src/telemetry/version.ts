import config from "../../deno.json" with { type: "json" };

/** The release that this is, as `1.2.3`. */
export const VERSION = config.version;
