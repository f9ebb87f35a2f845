import { main } from "./src/command/main.ts";

Deno.exit(await main(Deno.args));
