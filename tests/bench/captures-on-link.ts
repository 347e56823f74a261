// node --import tsx tests/bench/captures-on-link.ts, run at a link's server end: the peers here, the clients at the other end.
// Its standard output is what it measured, as JSON.
import { join } from "node:path";
import { padded } from "../integration/support/padded.ts";
import { OVER } from "../integration/support/running-host.ts";
import { Scene } from "../integration/support/scene.ts";
import type { MediaFile } from "../peers/media/media.ts";
import { SITE_HOST } from "../peers/panopto/site.ts";
import { BACKEND_HOST } from "../peers/backend/backend.ts";
import { ask } from "../peers/wire/client.ts";
import { Forwarder } from "./forwarder.ts";
import { SERVER_ADDRESS } from "./link.ts";
import { costsOf } from "./process-costs.ts";
import { runProgram } from "./program-run.ts";
import type { TusErrand } from "./tus-client.ts";

export interface LinkErrand {
  /** What starts a program at the client's end. */
  readonly atClient: readonly string[];
  /** Of the lecture's sound. */
  readonly bytes: number;
  readonly runs: number;
  /** Main file of tus-js-client; null where it is not installed. */
  readonly tusModule: string | null;
  /** Where the peers keep their media between runs. */
  readonly cacheDir: string;
}

/** One for each run. */
export interface LinkMeasured {
  readonly uploadS: number[];
  readonly tusS: number[];
  readonly downloadS: number[];
  readonly captureS: number[];
  readonly captureCpuS: number[];
  readonly idleMiB: number[];
  readonly peakMiB: number[];
}

const CAPTURE_WITHIN_MS = 600_000;

class LinkBench {
  readonly measured: LinkMeasured = { uploadS: [], tusS: [], downloadS: [], captureS: [], captureCpuS: [], idleMiB: [], peakMiB: [] };
  readonly #connectTo: readonly string[];

  constructor(
    readonly errand: LinkErrand,
    readonly scene: Scene,
    readonly sound: MediaFile,
  ) {
    this.#connectTo = scene.peers.connectTo().map((each) => each.replace("127.0.0.1", SERVER_ADDRESS));
  }

  /** All in turn, so that what else the machine does meets all. */
  async once(): Promise<void> {
    this.measured.uploadS.push(await this.#uploadByCurl());
    if (this.errand.tusModule !== null) this.measured.tusS.push(await this.#uploadByTusClient(this.errand.tusModule));
    this.measured.downloadS.push(await this.#downloadByCurl());
    await this.#capture();
  }

  #curl(): string[] {
    const { caFile } = this.scene.peers;
    return [...this.errand.atClient, "curl", "-sSf", "--cacert", caFile, ...this.#connectTo.flatMap((each) => ["--connect-to", each])];
  }

  async #uploadByCurl(): Promise<number> {
    const { url, headers } = await this.#place();
    const lines = Object.entries({ ...headers, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream", Expect: "" }).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
    // Version 7.88 spins on uploads over HTTP/2.
    const { wallS } = await runProgram([...this.#curl(), "--http1.1", "-X", "PATCH", "-T", this.sound.file, ...lines, url]);
    return wallS;
  }

  async #uploadByTusClient(module: string): Promise<number> {
    const { caFile, backend } = this.scene.peers;
    const { url, headers } = await this.#place();
    const direct = url.replace(`https://${BACKEND_HOST}`, `https://${SERVER_ADDRESS}:${String(backend.port)}`);
    const errand: TusErrand = { module, url: direct, headers, servername: BACKEND_HOST, file: this.sound.file, bytes: this.sound.bytes };
    const script = new URL("tus-client.ts", import.meta.url).pathname;
    const { out } = await runProgram([...this.errand.atClient, process.execPath, "--import", "tsx", script, JSON.stringify(errand)], { env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile } });
    return Number(out);
  }

  /** A lecture's empty place at the backend, and what goes with every request to it. */
  async #place(): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }> {
    const { backend, caFile } = this.scene.peers;
    const authorization = `Bearer ${backend.token}`;
    const facts = { title: "Upload alone", source_url: `https://${SITE_HOST}/`, site: "panopto", mime_type: this.sound.type, size_bytes: this.sound.bytes, accepts: ["tus"] };
    const headers = { authorization, "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
    const answer = await ask({ port: backend.port, caFile }, `${backend.origin}/api/lectures`, { method: "POST", headers, body: JSON.stringify(facts) });
    if (answer.status !== 201) throw new Error(`the backend gives no place for an upload: ${answer.text}`);
    const { upload } = JSON.parse(answer.text) as { upload: { url: string } };
    return { url: upload.url, headers: { Authorization: authorization, "Tus-Resumable": "1.0.0" } };
  }

  async #downloadByCurl(): Promise<number> {
    const { scene } = this;
    const url = scene.peers.cdn.podcastUrl(scene.lecture({ audio: this.sound }), "audioPodcast", SITE_HOST);
    const { wallS } = await runProgram([...this.#curl(), "-o", join(scene.home, "downloaded"), url]);
    return wallS;
  }

  /** From the button to the confirmed delivery, by a host that has cookies and token already. */
  async #capture(): Promise<void> {
    const { scene, sound, measured } = this;
    const host = await scene.start({ home: await scene.newHome(), under: this.errand.atClient, config: { network: { connectTo: this.#connectTo } } });
    await host.signIn();
    await host.putToken();
    const pid = host.port.process.pid ?? 0;
    const idle = await costsOf(pid);
    const page = scene.peers.viewerUrl(scene.lecture({ audio: sound }));
    const began = performance.now();
    const { id } = await host.start(page, { deliver: scene.toBackend });
    const done = await host.satisfies(id, ({ state }) => OVER.includes(state), CAPTURE_WITHIN_MS);
    measured.captureS.push((performance.now() - began) / 1000);
    const after = await costsOf(pid);
    const isDelivered = done.state === "done" && done.result?.confirmed === true && done.result.sha256 === sound.sha256;
    if (!isDelivered || done.plan?.how !== "audio-direct") throw new Error(`the capture did not end as it should: ${JSON.stringify(done)}`);
    measured.captureCpuS.push(after.cpuS - idle.cpuS);
    measured.idleMiB.push(idle.peakMiB);
    measured.peakMiB.push(after.peakMiB);
    await scene.rest();
  }
}

const errand = JSON.parse(process.argv[2] ?? "{}") as LinkErrand;
const scene = await Scene.open({ cacheDir: errand.cacheDir });
const forwarder = new Forwarder(SERVER_ADDRESS);
try {
  const { audio } = scene.peers.media.short;
  const sound = await padded(audio, join(scene.home, "sound.m4a"), errand.bytes - audio.bytes);
  for (const port of new Set(scene.peers.connectTo().map((each) => Number(each.split(":").at(-1))))) await forwarder.open(port);
  const bench = new LinkBench(errand, scene, sound);
  for (let run = 0; run < errand.runs; run += 1) await bench.once();
  process.stdout.write(JSON.stringify(bench.measured));
} finally {
  forwarder.close();
  await scene.close();
}
