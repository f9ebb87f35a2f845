import type { FinnhubSettings } from "../settings/finnhub.ts";

/** How Finnhub is reached: what all its clients need. */
export interface FinnhubAccess {
  /** Base of the REST API, such as `https://finnhub.io/api/v1`. */
  restUrl: URL;
  token: string;
  fetch: typeof fetch;
}

/** Finnhub, or what stands in for it, as the settings say. */
export const finnhubAccess = (settings: FinnhubSettings): FinnhubAccess => ({
  restUrl: settings.finnhubRestUrl,
  token: settings.finnhubApiToken,
  fetch,
});
