// A notification's id carries the capture's, so that a click finds its page.

const PREFIX = "auricle:";

export function noticeId(captureId: string): string {
  return PREFIX + captureId;
}

export function captureIdOf(notificationId: string): string | null {
  return notificationId.startsWith(PREFIX) ? notificationId.slice(PREFIX.length) : null;
}
