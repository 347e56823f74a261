// What the person has chosen. The backend's token is a secret of the backend: it lies in this extension's storage and nowhere else.
import { api } from "./browser.ts";

export interface Settings {
  deliverTo: "folder" | "backend";
  /** The backend's origin; empty while none is set. */
  backendOrigin: string;
  /** The backend's id of the course; empty: it decides. */
  courseId: string;
  /** A relative folder beneath the one the program is configured for; empty: that one. */
  subfolder: string;
}

export const DEFAULTS: Readonly<Settings> = { deliverTo: "folder", backendOrigin: "", courseId: "", subfolder: "" };

/** Keys in storage.local. */
export const SETTINGS_KEY = "settings";
export const TOKEN_KEY = "backendToken";

export async function readSettings(): Promise<Settings> {
  const { [SETTINGS_KEY]: stored } = await api.storage.local.get(SETTINGS_KEY);
  return { ...DEFAULTS, ...(stored as Partial<Settings> | undefined) };
}

export async function writeSettings(settings: Settings): Promise<void> {
  await api.storage.local.set({ [SETTINGS_KEY]: settings });
}

/** The token for the backend, or null. */
export async function readToken(): Promise<string | null> {
  const { [TOKEN_KEY]: stored } = await api.storage.local.get(TOKEN_KEY);
  return typeof stored === "string" && stored !== "" ? stored : null;
}

/** An empty token removes it. */
export async function writeToken(token: string): Promise<void> {
  if (token === "") await api.storage.local.remove(TOKEN_KEY);
  else await api.storage.local.set({ [TOKEN_KEY]: token });
}
