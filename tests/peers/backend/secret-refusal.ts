// Finds a site's session in a request's body. It is refused loudly: ignoring it would teach clients that sending it is fine.

import { ApiError } from "./api-error.ts";

/** Field names, lower case, with nothing but letters and digits left. */
const SECRET_FIELDS = /cookie|authorization|aspxauth|csrftoken|sessiontoken|accesstoken|bearer|password|credential|^(auth|token|jar)$/;
/** Names of a URL's parameters that make whoever holds it somebody else. */
const SECRET_PARAMETERS = /^(signature|sig|policy|key-pair-id|x-amz-signature|x-amz-security-token|x-amz-credential|token|access_token|id_token|auth|session|sessionid|session_id|sid|jsessionid|ticket|samlresponse|\.?aspxauth)$/i;
const SECRET_TEXT = /\.ASPXAUTH|ASP\.NET_SessionId=|\bset-cookie:|\bcookie:\s|\bbearer\s+[\w.~+/=-]{8,}/i;
const URL_IN_TEXT = /https?:\/\/[^\s"'<>]+/gi;

/** Throws a 422 that names the field, never its value. */
export function refuseSecrets(value: unknown, path = ""): void {
  if (typeof value === "string") {
    if (SECRET_TEXT.test(value) || (value.match(URL_IN_TEXT) ?? []).some(carriesSession)) throw refusal(path);
  } else if (Array.isArray(value)) {
    value.forEach((item, at) => refuseSecrets(item, `${path}/${String(at)}`));
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      if (SECRET_FIELDS.test(name.toLowerCase().replace(/[^a-z0-9]/g, ""))) throw refusal(`${path}/${name}`);
      refuseSecrets(item, `${path}/${name}`);
    }
  }
}

function carriesSession(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return true;
  const inFragment = new URLSearchParams(url.hash.slice(1));
  return [...url.searchParams.keys(), ...inFragment.keys()].some((name) => SECRET_PARAMETERS.test(name)) || /;jsessionid=/i.test(url.pathname);
}

function refusal(path: string): ApiError {
  return new ApiError(422, "secret_refused", `This backend takes no cookie, authorization or session of another site; remove the field ${path}.`);
}
