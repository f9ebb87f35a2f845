import type { Certificate, CertificateAuthority, Kafka } from "../services/mod.ts";

/** What a setting that is wrong leads to. */
export interface WrongSetting {
  what: string;
  env: Record<string, string>;
  /** Exit code of `setup`: 2 where the setting alone shows it, 1 where a server has to be asked. */
  code: number;
  /** What its one line of error says. */
  error: RegExp;
}

interface Scene {
  kafka: Kafka;
  /** Whose certificates the servers have. */
  authority: CertificateAuthority;
  /** Of that authority. */
  client: Certificate;
  stranger: CertificateAuthority;
  /** Of the stranger. */
  strange: Certificate;
  /** Address (`host:port`) of a server whose certificate has expired. */
  expired: string;
}

/** Settings of transport of which one is wrong, on top of right ones. */
export function wrongSettings(
  { authority, client, expired, kafka, strange, stranger }: Scene,
): WrongSetting[] {
  const noLogin = { KAFKA_SASL_MECHANISM: "", KAFKA_USER: "", KAFKA_PASSWORD: "" };
  const byCertificate = { ...noLogin, KAFKA_SERVER: kafka.withCertificate![0]! };
  const plain = { KAFKA_SERVER: kafka.bootstrap[0]! };
  const wrong: [what: string, env: Record<string, string>, code: number, error: RegExp][] = [
    [
      "no such CA file",
      { KAFKA_CA_FILE: "/no/such/file" },
      2,
      /KAFKA_CA_FILE names a file that cannot be read/,
    ],
    [
      "a CA file without a certificate",
      { CASSANDRA_CA_FILE: client.key },
      2,
      /CASSANDRA_CA_FILE must be a file of PEM/,
    ],
    ["a folder for a file", { KAFKA_CA_FILE: authority.folder }, 2, /KAFKA_CA_FILE must be a file/],
    ["a CA file and no TLS", { CASSANDRA_TLS: "false" }, 2, /set CASSANDRA_TLS=true/],
    ["a mechanism and no user", { KAFKA_USER: "" }, 2, /KAFKA_USER is not set/],
    ["a mechanism and no password", { KAFKA_PASSWORD: "" }, 2, /KAFKA_PASSWORD is not set/],
    ["a user and no mechanism", { KAFKA_SASL_MECHANISM: "" }, 2, /KAFKA_SASL_MECHANISM is not set/],
    [
      "a certificate and no key",
      { KAFKA_CERT_FILE: client.cert },
      2,
      /KAFKA_KEY_FILE is not; a client certificate/,
    ],
    [
      "a key of another certificate",
      { CASSANDRA_CERT_FILE: client.cert, CASSANDRA_KEY_FILE: strange.key },
      2,
      /CASSANDRA_KEY_FILE must be the private key of the first/,
    ],
    [
      "another CA for Kafka",
      { KAFKA_CA_FILE: stranger.ca },
      1,
      /signed by no CA that is trusted: set KAFKA_CA_FILE/,
    ],
    ["no CA for Kafka", { KAFKA_CA_FILE: "" }, 1, /signed by no CA that is trusted: set KAFKA_CA_FILE/],
    [
      "another CA for Cassandra",
      { CASSANDRA_CA_FILE: stranger.ca },
      1,
      /signed by no CA that is trusted: set CASSANDRA_CA_FILE/,
    ],
    ["TLS to a plain port", plain, 1, /does not speak TLS .*KAFKA_TLS=false/],
    ["plain to a TLS port", { KAFKA_TLS: "false", KAFKA_CA_FILE: "" }, 1, /speaks TLS: set KAFKA_TLS=true/],
    [
      "plain to Cassandra's TLS port",
      { CASSANDRA_TLS: "false", CASSANDRA_CA_FILE: "" },
      1,
      /speaks TLS: set CASSANDRA_TLS=true/,
    ],
    [
      "a wrong password for Kafka",
      { KAFKA_PASSWORD: "wrong-pass-4711" },
      1,
      /refuse the login pipeline: check KAFKA_USER/,
    ],
    [
      "a wrong password by plain",
      { KAFKA_PASSWORD: "wrong-pass-4711", KAFKA_SASL_MECHANISM: "plain" },
      1,
      /refuse the login pipeline: check KAFKA_USER/,
    ],
    ["no login where one is wanted", noLogin, 1, /set KAFKA_SASL_MECHANISM/],
    [
      "a login where none is wanted",
      { ...plain, KAFKA_TLS: "false", KAFKA_CA_FILE: "" },
      1,
      /leave KAFKA_SASL_MECHANISM empty/,
    ],
    ["no certificate where one is wanted", byCertificate, 1, /set KAFKA_CERT_FILE and KAFKA_KEY_FILE/],
    [
      "a stranger's certificate",
      { ...byCertificate, KAFKA_CERT_FILE: strange.cert, KAFKA_KEY_FILE: strange.key },
      1,
      /check KAFKA_CERT_FILE/,
    ],
    [
      "a wrong password for Cassandra",
      { CASSANDRA_PASSWORD: "wrong-pass-4711" },
      1,
      /Cassandra refuses the login admin: check CASSANDRA_USER and CASSANDRA_PASSWORD/,
    ],
    ["no login for Cassandra", { CASSANDRA_USER: "" }, 1, /Cassandra wants a login/],
    [
      "another name for Cassandra",
      { CASSANDRA_SERVER_NAME: "elsewhere" },
      1,
      /is not for elsewhere: set CASSANDRA_SERVER_NAME/,
    ],
    [
      "an expired certificate of Kafka",
      { KAFKA_SERVER: expired },
      1,
      /has expired: renew it on the server/,
    ],
    [
      "an expired certificate of Cassandra",
      { CASSANDRA_HOST: expired },
      1,
      /has expired: renew it on the server/,
    ],
  ];
  return wrong.map(([what, env, code, error]) => ({ what, env, code, error }));
}
