import { assertEquals } from "@std/assert";

const CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";

/** Puts a schema into a registry as somebody else would; its id. */
export async function registerAs(registry: string, subject: string, schema: unknown): Promise<number> {
  const { id } = await ask(registry, "POST", `/subjects/${subject}/versions`, {
    schema: JSON.stringify(schema),
  });
  return id as number;
}

/** Sets which schemas a subject takes. */
export async function setCompatibility(registry: string, subject: string, compatibility: string) {
  await ask(registry, "PUT", `/config/${subject}`, { compatibility });
}

/** The newest schema of a subject. */
export async function newest(registry: string, subject: string): Promise<{ id: number; schema: unknown }> {
  const { id, schema } = await ask(registry, "GET", `/subjects/${subject}/versions/latest`);
  return { id: id as number, schema: JSON.parse(schema as string) };
}

async function ask(
  registry: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${registry}${path}`, {
    method,
    headers: { "content-type": CONTENT_TYPE },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  assertEquals(response.status, 200, `${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

export interface Gate extends AsyncDisposable {
  url: string;
  /** Paths that were asked for. */
  asked: string[];
}

/** Stands before a registry, by TLS where it has a certificate, and lets in who knows the login. */
export async function openGate(
  registry: string,
  { certificate, login }: { certificate?: { cert: string; key: string }; login: string },
): Promise<Gate> {
  const asked: string[] = [];
  const tls = certificate &&
    {
      cert: await Deno.readTextFile(certificate.cert),
      key: await Deno.readTextFile(certificate.key),
    };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls },
    async (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      const { headers, method } = request;
      if (headers.get("authorization") !== `Basic ${btoa(login)}`) {
        await request.body?.cancel();
        return Response.json({ error_code: 40101, message: "User cannot be authenticated" }, { status: 401 });
      }
      const type = headers.get("content-type");
      return await fetch(`${registry}${pathname}`, {
        method,
        headers: type === null ? {} : { "content-type": type },
        ...(method === "POST" ? { body: await request.arrayBuffer() } : {}),
      });
    },
  );
  const url = `${tls ? "https" : "http"}://127.0.0.1:${server.addr.port}`;
  return { url, asked, [Symbol.asyncDispose]: () => server.shutdown() };
}
