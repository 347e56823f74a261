import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { storeFrom } from "./environment.ts";

const ALL = { S3_ENDPOINT: "https://s3.example", S3_BUCKET: "b", S3_REGION: "r", S3_ACCESS_KEY_ID: "k", S3_SECRET_ACCESS_KEY: "s" };

describe("a backend's environment", () => {
  it("names an object store, whole or not at all", () => {
    assert.equal(storeFrom({ S3_BUCKET: "b" }), undefined);
    assert.equal(storeFrom({ ...ALL, S3_ENDPOINT: "" }), undefined);
    assert.deepEqual(storeFrom(ALL), { endpoint: "https://s3.example", bucket: "b", region: "r", accessKeyId: "k", secretAccessKey: "s" });
    for (const name of ["S3_BUCKET", "S3_REGION", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"]) {
      assert.throws(() => storeFrom({ ...ALL, [name]: undefined }), new RegExp(name));
    }
    assert.throws(() => storeFrom({ ...ALL, S3_ENDPOINT: "s3.example" }), /must be an address/);
  });
});
