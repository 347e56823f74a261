// Two network namespaces, a server's and a client's, with a slow link between them, as link.h has it. Needs root.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { runProgram, startUntil } from "./program-run.ts";

export interface LinkTerms {
  /** From the server to the client, Mbit/s. */
  readonly downMbit: number;
  /** From the client to the server, Mbit/s. */
  readonly upMbit: number;
  readonly roundTripMs: number;
}

export const SERVER_ADDRESS = "10.91.0.1";
const CLIENT_ADDRESS = "10.91.0.2";
/** What the emulator calls its devices. */
const DEVICE = "slow0";

export class Link {
  readonly #server = `auricle-bench-server-${String(process.pid)}`;
  readonly #client = `auricle-bench-client-${String(process.pid)}`;
  #emulator: ChildProcess | undefined;

  private constructor() {}

  /** Rejects, with the reason, where namespaces or TUN devices are not to be had; what was made by then is put away. */
  static async open(emulator: string, terms: LinkTerms): Promise<Link> {
    const link = new Link();
    try {
      await link.#make(emulator, terms);
    } catch (error) {
      await link.close();
      throw error;
    }
    return link;
  }

  /** What starts a program at the server's end. */
  get atServer(): readonly string[] {
    return ["ip", "netns", "exec", this.#server];
  }

  get atClient(): readonly string[] {
    return ["ip", "netns", "exec", this.#client];
  }

  async close(): Promise<void> {
    const emulator = this.#emulator;
    if (emulator !== undefined && emulator.exitCode === null) {
      emulator.kill("SIGKILL");
      await once(emulator, "close");
    }
    for (const space of [this.#server, this.#client]) await runProgram(["ip", "netns", "del", space]).catch(() => undefined);
  }

  async #make(emulator: string, { downMbit, upMbit, roundTripMs }: LinkTerms): Promise<void> {
    for (const space of [this.#server, this.#client]) {
      await runProgram(["ip", "netns", "add", space]);
      await runProgram(["ip", "-n", space, "link", "set", "lo", "up"]);
    }
    this.#emulator = await startUntil([emulator, this.#server, this.#client, ...[downMbit, roundTripMs, upMbit].map(String)], "ready");
    await this.#address(this.#server, SERVER_ADDRESS, CLIENT_ADDRESS);
    await this.#address(this.#client, CLIENT_ADDRESS, SERVER_ADDRESS);
  }

  async #address(space: string, own: string, other: string): Promise<void> {
    await runProgram(["ip", "-n", space, "addr", "add", own, "peer", other, "dev", DEVICE]);
    // The emulator's queue is the one that drops; the device's own only bridges the time until it is read.
    await runProgram(["ip", "-n", space, "link", "set", "dev", DEVICE, "mtu", "1500", "txqueuelen", "5000", "up"]);
  }
}
