import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { ReferenceBackend } from "./backend.ts";
import { openPostgres } from "./database.ts";
import type { Database } from "./database.ts";
import { FormLectureTable } from "./form-lecture-table.ts";
import { migrate } from "./migration.ts";
import { testDatabases } from "./test-databases.ts";

const LECTURE = { id: "5f0c9c1e-2c1b-4f6e-9d53-1f0a4b1c7a01", owner: "o", courseId: "0d7e3f52-8f5c-4a0e-b6cb-6a2f9f1d8e02", sessionId: "s", title: "t", durationSeconds: 1.5, sourceUrl: "https://a.example/", mimeType: "audio/mp4", sizeBytes: 2 ** 40 };

for (const databases of testDatabases()) describe(`a database on ${databases.name}`, () => {
  let database: Database;

  before(() => databases.open());
  after(() => databases.close());
  beforeEach(async () => {
    database = await databases.lease();
  });
  afterEach(() => database.close());

  it("is brought to the newest shape once, however often it is asked", async () => {
    await migrate(database);
    const first = await database.query("select name, applied_at::text as at from migrations order by name");
    await migrate(database);
    assert.deepEqual(await database.query("select name, applied_at::text as at from migrations order by name"), first);
    assert.deepEqual(first.map(({ name }) => name), ["001_lectures.sql", "002_form_lectures.sql", "003_presigned.sql", "004_host_status.sql"]);
  });

  it("runs several statements all or not at all", async () => {
    await assert.rejects(database.run("create table one (a int); insert into one values (1); select nonsense"));
    await assert.rejects(database.query("select * from one"), /does not exist/);
  });

  it("gives large numbers and times back as they were", async () => {
    await migrate(database);
    const { lecture } = await new FormLectureTable(database).add(LECTURE);
    assert.deepEqual([lecture.sizeBytes, lecture.durationSeconds], [2 ** 40, 1.5]);
    const [row] = await database.query("select extract(epoch from date_trunc('milliseconds', created_at)) * 1000 as ms from form_lectures");
    assert.equal(lecture.createdAt.getTime(), Number(row?.["ms"]));
  });

  it("keeps a backend's lectures for the next one", async () => {
    const dir = await mkdtemp(join(tmpdir(), "auricle-database-"));
    const first = await ReferenceBackend.start({ dir, database });
    await new FormLectureTable(database).add(LECTURE);
    await first.stop();
    const second = await ReferenceBackend.start({ dir, database });
    assert.deepEqual((await second.formLectures()).map(({ sessionId }) => sessionId), ["s"]);
    await second.stop();
    await rm(dir, { recursive: true });
  });
});

describe("a PostgreSQL that is not there", () => {
  it("is said at once", async () => {
    await assert.rejects(openPostgres(`postgresql://nobody@/none?host=${encodeURIComponent(join(tmpdir(), "no-such-folder"))}`), /ENOENT/);
  });
});
