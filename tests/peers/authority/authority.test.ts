import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createAuthority } from "./authority.ts";
import type { Authority } from "./authority.ts";

describe("the authority", () => {
  let dir: string;
  let authority: Authority;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-authority-"));
    authority = await createAuthority(dir);
  });
  after(() => rm(dir, { recursive: true }));

  it("signs certificates for exactly the names that were asked for", async () => {
    const { cert } = await authority.certificateFor(["uni.hosted.panopto.com", "*.panopto.eu", "127.0.0.1"]);
    const certificate = new X509Certificate(cert);
    assert.ok(certificate.verify(new X509Certificate(await readFile(authority.caFile)).publicKey));
    assert.ok(certificate.checkHost("uni.hosted.panopto.com"));
    assert.ok(certificate.checkHost("x.panopto.eu"));
    assert.ok(certificate.checkIP("127.0.0.1"));
    assert.equal(certificate.checkHost("evil.hosted.panopto.com"), undefined);
    assert.equal(certificate.ca, false);
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
  });

  it("gives the same certificate for the same names and another for others", async () => {
    const [one, same, other] = await Promise.all([authority.certificateFor(["a.example"]), authority.certificateFor(["a.example"]), authority.certificateFor(["b.example"])]);
    assert.equal(one.cert, same.cert);
    assert.notEqual(new X509Certificate(one.cert).serialNumber, new X509Certificate(other.cert).serialNumber);
  });

  it("is taken up again by the next process in the same folder", async () => {
    const before = await readFile(authority.caFile);
    assert.ok((await readFile((await createAuthority(dir)).caFile)).equals(before));
  });
});
