// Whether the program is kept while nothing runs: a study backend that is in use may ask it for something.
import { readConsents } from "../shared/consent.ts";
import { readSettings, readToken } from "../shared/settings.ts";

/** The backend which recordings go to, if there is one with a token and the person has agreed to any site; else null. */
export async function awaitedBackend(): Promise<string | null> {
  const [{ deliverTo, backendOrigin }, token, consents] = await Promise.all([readSettings(), readToken(), readConsents(false)]);
  const isInUse = deliverTo === "backend" && backendOrigin !== "" && token !== null && Object.keys(consents).length > 0;
  return isInUse ? backendOrigin : null;
}
