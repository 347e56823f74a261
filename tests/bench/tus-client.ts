// node --import tsx tests/bench/tus-client.ts: one upload by tus-js-client. Its standard output is the seconds that it took.
import { createReadStream } from "node:fs";
import { pathToFileURL } from "node:url";

export interface TusErrand {
  /** The package's main file. */
  readonly module: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The name that the server's certificate bears; `NODE_EXTRA_CA_CERTS` says who signed it. */
  readonly servername: string;
  readonly file: string;
  readonly bytes: number;
}

/** What is used of tus-js-client, which is no dependency: it is measured where somebody has installed it. */
interface TusModule {
  readonly DefaultHttpStack: new (options: object) => object;
  readonly Upload: new (file: NodeJS.ReadableStream, options: object) => { start(): void };
}

const errand = JSON.parse(process.argv[2] ?? "{}") as TusErrand;
const { DefaultHttpStack, Upload } = (await import(pathToFileURL(errand.module).href)) as TusModule;
const began = performance.now();
await new Promise<void>((resolve, reject) => {
  const upload = new Upload(createReadStream(errand.file), {
    uploadUrl: errand.url,
    uploadSize: errand.bytes,
    chunkSize: errand.bytes,
    headers: errand.headers,
    httpStack: new DefaultHttpStack({ servername: errand.servername }),
    retryDelays: null,
    onError: reject,
    onSuccess: resolve,
  });
  upload.start();
});
process.stdout.write(String((performance.now() - began) / 1000));
