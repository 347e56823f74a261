// What went wrong, in words for the person.
import { ChannelError } from "@auricle/bridge";

export function sentence(error: unknown): string {
  if (error instanceof ChannelError) return `${error.message} ${error.next}`;
  return error instanceof Error ? error.message : String(error);
}
