import { finnhubAccess } from "../src/finnhub/access.ts";
import type { FinnhubSettings } from "../src/settings/finnhub.ts";

/** Where nobody listens: for what must not ask. */
export const FINNHUB_SETTINGS: FinnhubSettings = {
  finnhubRestUrl: new URL("http://127.0.0.1:1/api/v1"),
  finnhubApiToken: "t",
};

/** How tests reach Finnhub, but for what each of them sets. What all of its clients take has its value here alone. */
export const FINNHUB_ACCESS = finnhubAccess(FINNHUB_SETTINGS);
