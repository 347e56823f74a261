// Runs a function of a test in a page of Firefox. It goes there as text: it sees its arguments and the page, nothing of its file.
import type { Bidi, Params } from "./bidi.ts";

/** What travels as JSON. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain };

/** In the page it is called `seek`: the element of a selector, in which `A >>> B` is B in the open shadow root of A. */
export type Seek = (selector: string) => Element | null;

const SEEK = `(selector) => selector.split(" >>> ").reduce((root, part) => (root?.shadowRoot ?? root)?.querySelector(part) ?? null, document)`;

/** BiDi's name of an element; null where there is none. */
export async function nameOfElement(bidi: Bidi, context: string, selector: string): Promise<string | null> {
  const answer = await bidi.send("script.callFunction", {
    functionDeclaration: SEEK,
    awaitPromise: false,
    target: { context },
    arguments: [{ type: "string", value: selector }],
  });
  const { sharedId } = (answer["result"] ?? {}) as Params;
  return typeof sharedId === "string" ? sharedId : null;
}

/** Arguments and answer travel as JSON; undefined comes back as null. */
export async function evaluate<Arguments extends readonly Plain[], Answer>(
  bidi: Bidi,
  context: string,
  run: (...given: Arguments) => Answer | Promise<Answer>,
  ...given: Arguments
): Promise<Answer> {
  // tsx wraps functions so that they keep their names; in the page nobody knows that wrapper.
  const declaration = `async (given) => { const __name = (named) => named; const seek = ${SEEK}; const answer = await (${run.toString()})(...JSON.parse(given)); return JSON.stringify(answer ?? null); }`;
  const answer = await bidi.send("script.callFunction", {
    functionDeclaration: declaration,
    awaitPromise: true,
    target: { context },
    arguments: [{ type: "string", value: JSON.stringify(given) }],
  });
  if (answer["type"] === "exception") throw new Error(String((answer["exceptionDetails"] as Params)["text"]));
  return JSON.parse(String((answer["result"] as Params)["value"])) as Answer;
}
