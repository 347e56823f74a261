// An object store that speaks S3: npm's s3rver, behind a server that records, fails on order, and adds what s3rver lacks:
// signatures that count, aborting an upload, knowing one that is gone, and looking at the ETags of parts.

import { access, mkdir, readFile, readdir } from "node:fs/promises";
import { Agent, request as send } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import S3rver from "s3rver";
import type { ObjectStore } from "../backend/part-space.ts";
import type { Answer, HeaderValue } from "../wire/answer.ts";
import { bytesAnswer } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import { bodyBytes } from "../wire/request.ts";
import type { WireRequest } from "../wire/request.ts";
import { isSigned } from "./signature.ts";

const BUCKET = "lectures";
/** The only account that s3rver has. */
const ACCOUNT = "S3RVER";
const JOIN_LIMIT_BYTES = 2 * 1024 ** 2;

export class TestStore extends Peer {
  readonly #dir: string;
  readonly #inner: S3rver;
  readonly #agent = new Agent({ keepAlive: true });
  /** Their folders stay until all is put away: s3rver ends the whole process when one vanishes while it opens a part in it. */
  readonly #aborted = new Set<string>();
  #innerPort = 0;

  private constructor(dir: string) {
    super({ server: "store" });
    this.#dir = dir;
    this.#inner = new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory: dir, vhostBuckets: false, configureBuckets: [{ name: BUCKET }] });
  }

  /** `dir`: made when it is not there. Plain HTTP on 127.0.0.1. */
  static async open(dir: string): Promise<TestStore> {
    await mkdir(dir, { recursive: true });
    const store = new TestStore(dir);
    store.#innerPort = (await store.#inner.run()).port;
    await store.start();
    return store;
  }

  override async stop(): Promise<void> {
    await super.stop();
    this.#agent.destroy();
    await this.#inner.close();
  }

  /** For ReferenceBackend's `store`; `partBytes` may be smaller than S3 would have it. */
  access(partBytes?: number): ObjectStore {
    return { endpoint: `http://127.0.0.1:${String(this.port)}`, bucket: BUCKET, region: "us-east-1", accessKeyId: ACCOUNT, secretAccessKey: ACCOUNT, ...(partBytes === undefined ? {} : { partBytes }) };
  }

  /** The ids of uploads that are neither joined nor aborted. */
  async uploadsUnderWay(): Promise<string[]> {
    const uploads = await readdir(this.#uploadsDir()).catch(() => []);
    return uploads.filter((upload) => !this.#aborted.has(upload));
  }

  /** How many objects there are. */
  async objectCount(): Promise<number> {
    const names = await readdir(join(this.#dir, BUCKET), { recursive: true });
    return names.filter((name) => name.endsWith("._S3rver_object")).length;
  }

  /** What S3 does to an upload that nobody finished in time. */
  async abortAll(): Promise<void> {
    for (const upload of await this.uploadsUnderWay()) this.#aborted.add(upload);
  }

  protected async handle(request: WireRequest): Promise<Answer> {
    // Who has the account says so in a header, and s3rver looks at it; everybody else has nothing but an address.
    if (request.headers["authorization"] === undefined && !isSigned(request, ACCOUNT, Date.now())) return refusal(403, "SignatureDoesNotMatch");
    const upload = request.query.get("uploadId");
    if (upload === null) return this.#forward(request);
    const folder = join(this.#uploadsDir(), upload);
    if (!/^[0-9a-f]+$/.test(upload) || this.#aborted.has(upload) || !(await isThere(folder))) return refusal(404, "NoSuchUpload");
    if (request.method === "DELETE") {
      this.#aborted.add(upload);
      return { status: 204, headers: {}, body: Buffer.alloc(0) };
    }
    if (request.method !== "POST") return this.#forward(request);
    const body = await bodyBytes(request, JOIN_LIMIT_BYTES);
    return (await partsAgree(folder, body.toString("utf8"))) ? this.#forward(request, body) : refusal(400, "InvalidPart");
  }

  /** With every header as it came, the name of the host too: all of them may have been signed. */
  #forward(request: WireRequest, body?: Buffer): Promise<Answer> {
    return new Promise((resolve) => {
      const outgoing = send({ host: "127.0.0.1", port: this.#innerPort, agent: this.#agent, method: request.method, path: request.target, headers: request.headers });
      outgoing.on("response", (response) => void answerOf(response).then(resolve));
      outgoing.on("error", () => resolve(refusal(400, "IncompleteBody")));
      if (body !== undefined) {
        outgoing.end(body);
        return;
      }
      let left = Number(request.headers["content-length"] ?? 0);
      request.body.on("data", (chunk: Buffer) => {
        left -= chunk.length;
        outgoing.write(chunk);
      });
      // A part that was cut short must not count as one.
      request.body.once("end", () => (left > 0 ? outgoing.destroy(new Error("cut")) : outgoing.end()));
    });
  }

  /** Where s3rver keeps the parts: a folder for each upload, in it a file for each part and one with its MD5. */
  #uploadsDir(): string {
    return join(this.#dir, BUCKET, "._S3rver_uploads");
  }
}

async function partsAgree(folder: string, xml: string): Promise<boolean> {
  for (const [part] of xml.matchAll(/<Part>.*?<\/Part>/gs)) {
    const number = /<PartNumber>(\d+)</.exec(part)?.[1] ?? "";
    const etag = /<ETag>(.*?)</.exec(part)?.[1]?.replace(/&quot;|"/g, "");
    if (etag !== (await readFile(join(folder, `${number}.md5`), "utf8").catch(() => undefined))) return false;
  }
  return true;
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const headers: Record<string, HeaderValue> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && !["connection", "keep-alive", "transfer-encoding", "content-length"].includes(name)) headers[name] = value;
  }
  return { status: response.statusCode ?? 500, headers, body: Buffer.concat(chunks) };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function refusal(status: number, code: string): Answer {
  return bytesAnswer(status, "application/xml", `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
