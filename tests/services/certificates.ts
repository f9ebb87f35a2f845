import { silent } from "./progress.ts";
import { runCommand } from "./run_command.ts";
import { ensureOpenssl } from "./tools.ts";

/** Paths of a certificate's PEM files. */
export interface Certificate {
  cert: string;
  key: string;
}

/** What a server is given. */
export interface ServerCertificate extends Certificate {
  /** Key and certificate in one file. */
  keyAndCert: string;
  /** Of the CA that signed it. */
  ca: string;
}

export interface CertificateWish {
  /** Alternative names as openssl has them: `DNS:localhost`, `IP:127.0.0.1`. */
  names: readonly string[];
  /** Days from now; negative for one that has expired. Default 2. */
  days?: number;
}

const EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** A CA of one test, and a folder of its own with all that it signs. */
export class CertificateAuthority implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async make(name: string): Promise<CertificateAuthority> {
    await ensureOpenssl(silent);
    const authority = new CertificateAuthority(await Deno.makeTempDir({ prefix: "finnhub-pipe-ca-" }));
    const { ca, folder } = authority;
    await openssl([
      "req",
      "-x509",
      ...EC_KEY,
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${folder}/ca.key`,
      "-out",
      ca,
    ]);
    return authority;
  }

  /** Path of its own certificate. */
  get ca(): string {
    return `${this.folder}/ca.crt`;
  }

  /** Signs a certificate; one of the same name is replaced. */
  async issue(name: string, { days = 2, names }: CertificateWish): Promise<ServerCertificate> {
    const { ca, folder } = this;
    const path = `${folder}/${name}`;
    const [cert, keyAndCert, key, request] = ["crt", "pem", "key", "csr"].map((end) => `${path}.${end}`) as [
      string,
      string,
      string,
      string,
    ];
    await openssl(["req", ...EC_KEY, "-subj", `/CN=${name}`, "-keyout", key, "-out", request]);
    await Deno.writeTextFile(`${path}.ext`, `subjectAltName=${names.join(",")}\n`);
    await openssl([
      "x509",
      "-req",
      "-in",
      request,
      "-CA",
      ca,
      "-CAkey",
      `${folder}/ca.key`,
      "-CAcreateserial",
      "-days",
      String(days),
      "-extfile",
      `${path}.ext`,
      "-out",
      cert,
    ]);
    await Deno.writeTextFile(keyAndCert, await Deno.readTextFile(key) + await Deno.readTextFile(cert));
    return { ca, cert, keyAndCert, key };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function openssl(args: string[]): Promise<void> {
  const { output, success } = await runCommand("openssl", args, 30_000);
  if (!success) throw new Error(`openssl ${args[0]} failed:\n${output.slice(-2000)}`);
}
