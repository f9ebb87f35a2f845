/** Asks the API server as the cluster's administrator. Needs the certificates in `pki`. */
export class ApiClient implements Disposable {
  readonly #server: string;
  readonly #client: Deno.HttpClient;

  private constructor(server: string, client: Deno.HttpClient) {
    this.#server = server;
    this.#client = client;
  }

  static async open(server: string, pki: string): Promise<ApiClient> {
    const [ca, cert, key] = await Promise.all(
      ["ca.crt", "admin.crt", "admin.key"].map((name) => Deno.readTextFile(`${pki}/${name}`)),
    ) as [string, string, string];
    return new ApiClient(server, Deno.createHttpClient({ caCerts: [ca], cert, key }));
  }

  /** Body of a GET; an error says what the server answered. */
  async get(path: string): Promise<string> {
    const response = await fetch(this.#server + path, {
      client: this.#client,
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`GET ${path} was answered with ${response.status}: ${text.slice(0, 300)}`);
    }
    return text;
  }

  /** The objects of a list. */
  async items<T>(path: string): Promise<T[]> {
    return JSON.parse(await this.get(path)).items;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
