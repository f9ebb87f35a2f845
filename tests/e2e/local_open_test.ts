import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { RunningRole } from "./role.ts";

const SECRETS = { FINNHUB_API_TOKEN: "", KAFKA_PASSWORD: "hidden-password" };

integrationTest("--open gives the page's address to the desktop's opener, and no secret", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const opener = `${folder}/${Deno.build.os === "darwin" ? "open" : "xdg-open"}`;
    const script = `#!/bin/sh\n{ echo "$@"; env; } > ${folder}/part && mv ${folder}/part ${folder}/opened\n`;
    await Deno.writeTextFile(opener, script, { mode: 0o700 });
    const env = { ...SECRETS, PATH: `${folder}:${Deno.env.get("PATH")}`, DISPLAY: ":7" };
    await using role = new RunningRole("local", ["--open", "--listen", "127.0.0.1:0"], env);
    const url = await role.http();
    const told = await until("the opener to be called", async () => {
      const text = await Deno.readTextFile(`${folder}/opened`).catch(() => undefined);
      return text === undefined ? "not yet" : true;
    }).then(() => Deno.readTextFile(`${folder}/opened`));
    assertEquals(told.split("\n")[0], url);
    assertStringIncludes(told, "\nDISPLAY=:7\n");
    assert(!told.includes("hidden"), told);
    assertEquals((await role.stop()).code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

integrationTest("--open without a desktop says so, and all goes on", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const env = { ...SECRETS, PATH: folder };
    await using role = new RunningRole("local", ["--open", "--listen", "127.0.0.1:0"], env);
    await role.says(/no browser could be opened; open the page by hand/);
    const answer = await fetch(`${await role.http()}/healthz`);
    assertEquals([answer.status, (await answer.text()).trim()], [200, "ok"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
