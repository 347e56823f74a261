import assert from "node:assert/strict";
import { test } from "node:test";
import { coursesOf, inquire, patternOf, type Means } from "../src/options/inquiry.ts";

const ORIGIN = "https://api.example.edu";
const COURSES = [{ id: "c1", code: "PHYS 204", title: "Acoustics", instructor: "A. Lovelace" }];

interface Asked {
  address: string;
  init: RequestInit;
}

const json = (status: number, value: unknown): Response => new Response(JSON.stringify(value), { status });

/** A browser in which each path has its answer; a path that has none does not answer. */
function means(answers: Readonly<Record<string, () => Response>>, permitted = true): Means & { asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    permitted: async () => permitted,
    fetch: async (address, init) => {
      asked.push({ address, init });
      const answer = answers[new URL(address).pathname];
      if (!answer) throw new TypeError("Failed to fetch");
      return answer();
    },
  };
}

const healthy = (courses: () => Response): Record<string, () => Response> => ({ "/api/health": () => json(200, { status: "ok" }), "/api/courses": courses });

test("a backend that is well and takes the token says its courses", async () => {
  const browser = means(healthy(() => json(200, COURSES)));
  const standing = await inquire(ORIGIN, "token", browser);
  assert.deepEqual(standing, { state: "ready", courses: [{ id: "c1", label: "PHYS 204 · Acoustics · A. Lovelace" }], said: "Program and backend are ready." });
});

test("the token goes to the courses alone, without cookies, and along no redirect", async () => {
  const browser = means(healthy(() => json(200, [])));
  await inquire(ORIGIN, "token", browser);
  const [health, courses] = browser.asked;
  assert.deepEqual([health?.address, new Headers(health?.init.headers).get("authorization")], [`${ORIGIN}/api/health`, null]);
  assert.deepEqual([courses?.address, new Headers(courses?.init.headers).get("authorization")], [`${ORIGIN}/api/courses`, "Bearer token"]);
  for (const { init } of browser.asked) assert.deepEqual([init.credentials, init.redirect], ["omit", "error"]);
});

test("each way of not being ready has its sentence", async () => {
  const states: [Means, string | null, string, RegExp][] = [
    [means({}, false), "t", "no_permission", /browser does not let/],
    [means({}), "t", "unreachable", /api\.example\.edu does not answer/],
    [means({ "/api/health": () => json(503, {}) }), "t", "troubled", /status 503/],
    [means({ "/api/health": () => json(404, {}) }), "t", "no_backend", /no study backend/],
    [means({ "/api/health": () => new Response("<html>") }), "t", "no_backend", /no study backend/],
    [means(healthy(() => json(200, []))), null, "token_missing", /no token yet/],
    [means(healthy(() => json(401, { detail: "Authentication required" }))), "t", "token_refused", /refuses the token/],
    [means(healthy(() => json(403, { detail: "Token is missing a user identifier" }))), "t", "forbidden", /does not let you in: Token is missing a user identifier\.$/],
    [means(healthy(() => json(422, { detail: [{ loc: ["query", "term"], msg: "Field required" }] }))), "t", "troubled", /status 422\): term: Field required\.$/],
    [means(healthy(() => json(500, null))), "t", "troubled", /status 500\)\.$/],
    [means({ "/api/health": () => json(200, { status: "ok" }) }), "t", "unreachable", /stopped answering/],
  ];
  for (const [browser, token, state, words] of states) {
    const standing = await inquire(ORIGIN, token, browser);
    assert.equal(standing.state, state);
    assert.match(standing.said, words);
    assert.doesNotMatch(standing.said, /\[object|undefined/);
  }
});

test("nothing at all is sent over plain http, but to this computer", async () => {
  const open = means(healthy(() => json(200, [])));
  assert.equal((await inquire("http://api.example.edu", "t", open)).state, "not_allowed");
  assert.equal(open.asked.length, 0);
  assert.equal((await inquire("http://localhost:8000", "t", open)).state, "ready");
});

test("a backend without a list of courses is ready as well", async () => {
  for (const status of [404, 405]) {
    const standing = await inquire(ORIGIN, "t", means(healthy(() => json(status, { detail: "Not Found" }))));
    assert.deepEqual(standing, { state: "ready", courses: [], said: "Program and backend are ready." });
  }
});

test("of a list of courses only those with an id are taken, whatever else it holds", () => {
  assert.deepEqual(coursesOf([null, 7, {}, { id: "" }, { id: 5 }, { id: "a" }, { id: "b", title: "B", code: 3 }]), [{ id: "a", label: "a" }, { id: "b", label: "B" }]);
  for (const value of [null, {}, "courses"]) assert.deepEqual(coursesOf(value), []);
  assert.equal(coursesOf(Array.from({ length: 9000 }, (_, at) => ({ id: String(at) }))).length, 500);
});

test("the browser is asked for a host, never for a port, which Firefox's patterns do not know", () => {
  assert.deepEqual([ORIGIN, "http://localhost:8000"].map(patternOf), ["https://api.example.edu/*", "http://localhost/*"]);
});
