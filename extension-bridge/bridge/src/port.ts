// The pipe to the host as the bridge needs it: chrome.runtime's port, Firefox's, and a test's child process all fit.

/** What `onDisconnect` hands over. Firefox puts the cause on the port itself. */
export interface EndedPort {
  error?: { message: string } | null;
}

/** A pipe that carries whole JSON messages. `postMessage` throws when the port has ended or the message is too long. */
export interface Port {
  postMessage(message: unknown): void;
  disconnect(): void;
  readonly onMessage: { addListener(listener: (message: unknown) => void): void };
  readonly onDisconnect: { addListener(listener: (port: EndedPort) => void): void };
}

/** Opens a new port: called at every connection. May throw with the browser's own message. */
export type OpenPort = () => Port;

interface Runtime {
  connectNative(application: string): Port;
  lastError?: { message?: string } | undefined;
}

/** The name under which the host is registered with every browser. */
export const HOST_NAME = "org.auricle.host";

function runtime(): Runtime {
  const scope = globalThis as { browser?: { runtime?: Runtime }; chrome?: { runtime?: Runtime } };
  const found = scope.browser?.runtime ?? scope.chrome?.runtime;
  if (!found?.connectNative) throw new Error("This page may not use native messaging: the permission nativeMessaging is missing.");
  return found;
}

/** Opens the browser's native messaging port to a registered host. */
export function nativePort(name: string = HOST_NAME): OpenPort {
  return () => runtime().connectNative(name);
}

/** The browser's own words on why a port ended; must be called inside the `onDisconnect` listener. */
export function causeOfEnd(port: EndedPort): string {
  const scope = globalThis as { chrome?: { runtime?: Runtime } };
  return port.error?.message ?? scope.chrome?.runtime?.lastError?.message ?? "";
}
