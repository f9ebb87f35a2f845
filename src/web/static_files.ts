import type { Hono } from "hono";
import { etag } from "hono/etag";

/** A file that is served as it is: path, text, media type. */
export type StaticFile = readonly [path: string, text: string, type: string];

/**
 * Headers of every answer to a browser: nothing but our own files and events; nothing inline; in nobody's frame.
 *
 * @param styles sources of style beside our own files, such as the hash of a sheet that a library adds.
 */
export const securityHeaders = (...styles: string[]): Record<string, string> => ({
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    ["style-src 'self'", ...styles].join(" "),
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
});

/** How long a picture is used without asking again: browsers ask for a page's icon whenever its address or title changes. */
const PICTURE = "max-age=86400";

/**
 * Serves files that are embedded in the executable. A browser that has one already is told so, and gets nothing; for a
 * picture it asks once a day.
 */
export function serveFiles(app: Hono, files: readonly StaticFile[], security: Record<string, string>): void {
  for (const [path, text, type] of files) {
    const headers = {
      ...security,
      "content-type": `${type}; charset=utf-8`,
      "cache-control": type.startsWith("image/") ? PICTURE : "no-cache",
    };
    // Weak: compressed or not, the file is the same.
    app.get(path, etag({ weak: true }), (c) => c.body(text, 200, headers));
  }
}
