import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { metricsTokenFrom, queueFrom, storeFrom, webhookFrom } from "./environment.ts";

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

  it("names one address to be told, which nobody else can read along with", () => {
    assert.equal(webhookFrom({}), undefined);
    assert.deepEqual(webhookFrom({ WEBHOOK_URL: "https://ops.example/hook" }), { url: "https://ops.example/hook" });
    assert.deepEqual(webhookFrom({ WEBHOOK_URL: "http://127.0.0.1:9/hook" }), { url: "http://127.0.0.1:9/hook" });
    for (const url of ["ops.example", "http://ops.example/", "http://127.0.0.1.ops.example/"]) assert.throws(() => webhookFrom({ WEBHOOK_URL: url }), /must be an https address/, url);
    assert.throws(() => webhookFrom({ WEBHOOK_URL: "https://me:secret@ops.example/" }), /no password/);
  });

  it("names a Redis, which must be there, and a token for metrics", async () => {
    await (await queueFrom({ REDIS_URL: "" })).close();
    await assert.rejects(queueFrom({ REDIS_URL: "/nowhere/redis.sock" }));
    assert.equal(metricsTokenFrom({ METRICS_TOKEN: "" }), undefined);
    assert.equal(metricsTokenFrom({ METRICS_TOKEN: "t" }), "t");
  });
});
