// A plain web server under names of its own: folders of files with ranges and validators, and answers made to order.

import { stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { Certificate } from "../authority/authority.ts";
import type { Answer } from "../wire/answer.ts";
import { bytesAnswer } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import type { WireRequest } from "../wire/request.ts";
import { serveResource } from "../wire/resource.ts";

export const FILE_HOST = "media.example";

type MakeAnswer = (request: WireRequest) => Answer | Promise<Answer>;

const LAST_MODIFIED = new Date("2026-10-12T11:30:00Z");

export class FileSite extends Peer {
  readonly #host: string;
  readonly #folders = new Map<string, string>();
  readonly #answers = new Map<string, MakeAnswer>();

  constructor(certificate: Certificate, host = FILE_HOST) {
    super({ server: "files", tls: { certificate } });
    this.#host = host;
  }

  /** Serves what lies in a folder beneath a path such as `/corpus`. */
  share(path: string, folder: string): void {
    this.#folders.set(path, folder);
  }

  /** What this path answers from now on, whatever lies in a folder. */
  answer(path: string, make: MakeAnswer): void {
    this.#answers.set(path, make);
  }

  /** Bytes under a path; gives their address. */
  put(path: string, bytes: string | Buffer, type = "application/octet-stream"): string {
    const content = Buffer.from(bytes);
    this.answer(path, (request) => serveResource(request, { content: { bytes: content }, size: content.length, type, etag: `"${String(content.length)}"`, lastModified: LAST_MODIFIED }));
    return this.url(path);
  }

  url(path: string): string {
    return `https://${this.#host}${path}`;
  }

  /** For `network.connectTo`. */
  get connectTo(): string {
    return `${this.#host}:443:127.0.0.1:${String(this.port)}`;
  }

  protected async handle(request: WireRequest): Promise<Answer> {
    if (request.host !== this.#host) return bytesAnswer(421, "text/plain", "no such host here");
    const made = this.#answers.get(request.path);
    if (made !== undefined) return made(request);
    return (await this.#fromFolder(request)) ?? bytesAnswer(404, "text/plain", "there is nothing here");
  }

  async #fromFolder(request: WireRequest): Promise<Answer | undefined> {
    for (const [path, folder] of this.#folders) {
      if (!request.path.startsWith(`${path}/`)) continue;
      const file = join(folder, normalize(decodeURIComponent(request.path.slice(path.length))));
      const found = await stat(file).catch(() => undefined);
      if (found?.isFile() !== true) return undefined;
      const etag = `"${String(found.size)}-${String(Math.floor(found.mtimeMs))}"`;
      // No type tells a client anything here: it has to look.
      return serveResource(request, { content: { file }, size: found.size, type: "application/octet-stream", etag, lastModified: LAST_MODIFIED, mostRanges: 100 });
    }
    return undefined;
  }
}
