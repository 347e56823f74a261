// A certificate authority of our own, made at test time, so that true host names can be served with every check left on.

import { execFile } from "node:child_process";
import { X509Certificate, createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** PEM text of a server's certificate, its authority's behind it, and its key. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly names: readonly string[];
}

export interface Authority {
  /** PEM file with the authority's certificate: what a client is told to trust. */
  readonly caFile: string;
  /**
   * SHA-256 of the authority's public key in base64: for Chromium's `--ignore-certificate-errors-spki-list`, which trusts
   * this key and goes on checking all else. It needs `--user-data-dir`.
   */
  readonly spki: string;
  /**
   * A server certificate for exactly these names (wildcards and IP addresses too), valid for 30 days. The same names
   * get the same certificate. Fails when openssl does.
   */
  certificateFor(names: readonly string[]): Promise<Certificate>;
}

/** Makes the authority in `dir`, or takes up the one that is there. Needs the `openssl` program. */
export async function createAuthority(dir: string): Promise<Authority> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const caFile = join(dir, "ca.pem");
  const caKey = join(dir, "ca.key");
  if (!(await exists(caFile)) || !(await exists(caKey))) await makeAuthority(dir, caFile, caKey);
  const authorityCert = await readFile(caFile, "utf8");
  const publicKey = new X509Certificate(authorityCert).publicKey.export({ type: "spki", format: "der" });
  const made = new Map<string, Promise<Certificate>>();
  return {
    caFile,
    spki: createHash("sha256").update(publicKey).digest("base64"),
    certificateFor: (names) => {
      const id = names.join(",");
      const certificate = made.get(id) ?? makeCertificate(dir, `server-${String(made.size)}-${String(process.pid)}`, caFile, caKey, names);
      made.set(id, certificate);
      return certificate;
    },
  };
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

async function makeAuthority(dir: string, caFile: string, caKey: string): Promise<void> {
  const config = join(dir, "ca.cnf");
  const extensions = ["basicConstraints = critical, CA:TRUE", "keyUsage = critical, keyCertSign, cRLSign", "subjectKeyIdentifier = hash"];
  await writeFile(config, `[req]\ndistinguished_name = dn\nx509_extensions = ca\nprompt = no\n[dn]\nCN = Auricle test authority\n[ca]\n${extensions.join("\n")}\n`);
  await run("openssl", ["req", "-x509", ...NEW_KEY, "-config", config, "-keyout", caKey, "-out", caFile, "-days", "3650", "-sha256"]);
}

async function makeCertificate(dir: string, stem: string, caFile: string, caKey: string, names: readonly string[]): Promise<Certificate> {
  const keyFile = join(dir, `${stem}.key`);
  const requestFile = join(dir, `${stem}.csr`);
  const certFile = join(dir, `${stem}.pem`);
  const extensionFile = join(dir, `${stem}.cnf`);
  const alternatives = names.map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`);
  const extensions = [
    "basicConstraints = critical, CA:FALSE",
    "keyUsage = critical, digitalSignature",
    "extendedKeyUsage = serverAuth",
    "subjectKeyIdentifier = hash",
    "authorityKeyIdentifier = keyid",
    `subjectAltName = ${alternatives.join(", ")}`,
  ];
  await writeFile(extensionFile, `${extensions.join("\n")}\n`);
  await run("openssl", ["req", "-new", ...NEW_KEY, "-subj", `/O=Auricle tests/CN=${stem}`, "-keyout", keyFile, "-out", requestFile]);
  const signing = ["-CA", caFile, "-CAkey", caKey, "-set_serial", `0x${serial()}`, "-days", "30", "-sha256"];
  await run("openssl", ["x509", "-req", "-in", requestFile, ...signing, "-extfile", extensionFile, "-out", certFile]);
  return { key: await readFile(keyFile, "utf8"), cert: (await readFile(certFile, "utf8")) + (await readFile(caFile, "utf8")), names };
}

/** 15 random bytes: positive, and never met twice by a browser that remembers issuer and serial number. */
function serial(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(15))).toString("hex");
}

async function exists(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    () => false,
  );
}
