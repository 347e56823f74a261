// Judges real traffic by the protocol's schema, for tests on either side of the channel.
import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";

/** One frame as it was seen, and who wrote it. */
export interface SeenFrame {
  from: "client" | "host";
  frame: unknown;
}

/** What is wrong with one frame: its place in the traffic, and a sentence. */
export interface TrafficFault {
  index: number;
  from: "client" | "host";
  what: string;
}

interface Envelope {
  id?: string | number | null;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: unknown;
}

const SCHEMA_TEXT = readFileSync(new URL("protocol.schema.json", import.meta.url), "utf8");
const SCHEMA = JSON.parse(SCHEMA_TEXT) as {
  $id: string;
  $defs: Record<string, unknown>;
  properties: Record<"methods" | "notifications", { properties: Record<string, { $ref: string }> }>;
};
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(SCHEMA);

const METHODS = SCHEMA.properties.methods.properties;
const NOTIFICATIONS = SCHEMA.properties.notifications.properties;

/** Every method of the protocol. */
export const methodNames: readonly string[] = Object.keys(METHODS);
/** Every notification of the protocol. */
export const notificationNames: readonly string[] = Object.keys(NOTIFICATIONS);
/** The closed set of error kinds. */
export const errorKinds: readonly string[] = (SCHEMA.$defs["ErrorKind"] as { enum: string[] }).enum;

function judge(pointer: string): ValidateFunction {
  const found = ajv.getSchema(SCHEMA.$id + pointer);
  if (!found) throw new Error(`The schema has nothing at ${pointer}`);
  return found as ValidateFunction;
}

function sentences(errors: ErrorObject[] | null | undefined): string {
  return (errors ?? []).map((e) => `${e.instancePath || "/"} ${e.message ?? "is wrong"} ${JSON.stringify(e.params)}`).join("; ");
}

/** Judges a value by a definition of the schema (`"Capture"`, `"OpenedSeal"`…): a sentence on what is wrong, or null. */
export function fault(definition: string, value: unknown): string | null {
  const validate = judge(`#/$defs/${definition}`);
  return validate(value) ? null : `${definition}: ${sentences(validate.errors)}`;
}

function methodFault(method: string, part: "params" | "result", value: unknown): string | null {
  const ref = METHODS[method]?.$ref;
  if (!ref) return `${method} is no method of the protocol`;
  const validate = judge(`${ref}/properties/${part}`);
  return validate(value) ? null : `${method} ${part}: ${sentences(validate.errors)}`;
}

function clientFault(frame: Envelope): string | null {
  return fault("Request", frame) ?? methodFault(frame.method ?? "", "params", frame.params ?? {});
}

function hostFault(frame: Envelope, asked: Map<string | number, string>): string | null {
  if (frame.method !== undefined) {
    const ref = NOTIFICATIONS[frame.method]?.$ref;
    if (!ref) return `${frame.method} is no notification of the protocol`;
    return fault("Notification", frame) ?? fault(ref.slice("#/$defs/".length), frame.params);
  }
  if (frame.error !== undefined) return fault("Refusal", frame);
  const method = frame.id === null || frame.id === undefined ? undefined : asked.get(frame.id);
  if (method === undefined) return `an answer to ${JSON.stringify(frame.id)}, which nobody asked`;
  return fault("Answer", frame) ?? methodFault(method, "result", frame.result);
}

/**
 * Judges recorded traffic, in the order in which it was seen. Answers are judged by the method of the request whose id
 * they carry. A test that sends wrong requests on purpose leaves those out and passes them in `alsoAsked` (id → method).
 * Returns one fault a frame at most; an empty list: all is as docs/protocol.md has it.
 */
export function validateTraffic(traffic: readonly SeenFrame[], alsoAsked: Iterable<[string | number, string]> = []): TrafficFault[] {
  const asked = new Map<string | number, string>(alsoAsked);
  const faults: TrafficFault[] = [];
  traffic.forEach(({ from, frame }, index) => {
    if (typeof frame !== "object" || frame === null || Array.isArray(frame)) {
      faults.push({ index, from, what: "a frame must hold one JSON object" });
      return;
    }
    const envelope = frame as Envelope;
    if (from === "client" && envelope.id !== undefined && envelope.id !== null) asked.set(envelope.id, envelope.method ?? "");
    const what = from === "client" ? clientFault(envelope) : hostFault(envelope, asked);
    if (what) faults.push({ index, from, what });
  });
  return faults;
}
