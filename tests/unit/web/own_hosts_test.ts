import { assertEquals } from "@std/assert";
import { isOwnHost } from "../../../src/web/own_hosts.ts";
import { serving } from "./dashboard/fakes.ts";

const own = (hostname: string, allowed: string[], ...hosts: string[]) =>
  hosts.map((host) => isOwnHost(host, { hostname, allowed }));

Deno.test("a page is its own under loopback's names and the address that it listens on, with any port", () => {
  const loopback = ["localhost", "LocalHost:8080", "127.0.0.1", "127.1.2.3:1", "[::1]:8080", "localhost."];
  assertEquals(own("192.168.1.7", [], ...loopback), loopback.map(() => true));
  assertEquals(own("192.168.1.7", [], "192.168.1.7:8080", "192.168.1.8:8080"), [true, false]);
  assertEquals(own("fd00::7", [], "[fd00::7]:8080", "[fd00::8]:8080"), [true, false]);
  assertEquals(own("box.lan", [], "box.lan", "BOX.LAN:8080", "other.lan"), [true, true, false]);
});

Deno.test("a page that listens everywhere has every address in figures, and no name", () => {
  for (const everywhere of ["0.0.0.0", "::"]) {
    assertEquals(
      own(everywhere, [], "10.1.2.3:8080", "[fd00::7]", "evil.example", "10.1.2.3.evil.example", "0.0.0.0"),
      [true, true, false, false, true],
    );
  }
});

Deno.test("names that are like ours are not ours", () => {
  const hosts = [
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "notlocalhost",
    "evil.example:8080",
    "",
    ".",
  ];
  assertEquals(own("127.0.0.1", ["page.example"], ...hosts), hosts.map(() => false));
});

Deno.test("names that are allowed are its own, without those below them", () => {
  assertEquals(
    own(
      "0.0.0.0",
      ["Page.example", "fd00::9"],
      "page.example",
      "page.EXAMPLE:443",
      "a.page.example",
      "[fd00::9]",
    ),
    [true, true, false, true],
  );
});

Deno.test("a foreign Host gets 421 from page, API and stream, and the probes answer", async () => {
  await using server = serving();
  const status = async (path: string, host: string, post?: string) => {
    const json = post === undefined ? {} : { method: "POST", body: post };
    const response = await server.app.request(path, {
      ...json,
      headers: { host, "content-type": "application/json" },
    });
    await response.body?.cancel();
    return response.status;
  };
  const paths = ["/", "/page.js", "/api/symbols", "/api/stream?symbol=A&interval=5s", "/api/search?q=a"];
  for (const path of paths) assertEquals(await status(path, "evil.example"), 421, path);
  assertEquals(await status("/api/symbols", "evil.example", '{"symbol":"A"}'), 421);
  assertEquals([await status("/", "localhost:8080"), await status("/", "page.example")], [200, 200]);
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    assertEquals(await status(path, "10.1.2.3"), 200, path);
  }
});
