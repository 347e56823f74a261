// The backend's address, as a person types it.
import type { Delivery } from "@auricle/bridge";
import type { Settings } from "./settings.ts";

export type AddressVerdict =
  | { ok: true; origin: string; warning: string | null }
  | { ok: false; why: string };

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname) || hostname.endsWith(".localhost");
}

/** Reads an address down to its origin. Plain http elsewhere than on this machine is kept, with a warning. */
export function judgeAddress(typed: string): AddressVerdict {
  const text = typed.trim();
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (text === "" || !URL.canParse(address)) return { ok: false, why: "Enter the backend's address, such as https://api.example.edu." };
  const url = new URL(address);
  if (url.protocol !== "https:" && url.protocol !== "http:") return { ok: false, why: "The address must begin with https://." };
  if (url.username !== "" || url.password !== "") return { ok: false, why: "Leave name and password out of the address." };
  const open = url.protocol === "http:" && !isLoopback(url.hostname);
  const warning = open ? "Without https anybody on the way can read your token and your recordings, and the program will refuse to send them." : null;
  return { ok: true, origin: url.origin, warning };
}

/** Where captures go by these settings. */
export function deliveryOf(settings: Settings): Delivery {
  if (settings.deliverTo === "backend" && settings.backendOrigin !== "") {
    return { to: "backend", origin: settings.backendOrigin, ...(settings.courseId === "" ? {} : { courseId: settings.courseId }) };
  }
  return { to: "folder", ...(settings.subfolder === "" ? {} : { subfolder: settings.subfolder }) };
}

/** The part of a capture's key that says where it goes. */
export function targetOf(settings: Settings): string {
  const delivery = deliveryOf(settings);
  return delivery.to === "backend" ? delivery.origin : "folder";
}
