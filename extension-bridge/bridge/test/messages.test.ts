import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, EXPLANATIONS, strayText } from "../src/messages.ts";

const SAID: readonly (readonly [string, string])[] = [
  ["Specified native messaging host not found.", "host_missing"],
  ["No such native application org.auricle.host", "host_missing"],
  ["Access to the specified native messaging host is forbidden.", "host_forbidden"],
  ["This extension does not have permission to use native application org.auricle.host (or the application is not installed)", "host_forbidden"],
  ["Native host has exited.", "host_ended"],
  ["Error when communicating with the native messaging host.", "host_spoiled"],
  ["Native application tried to send a message of 1048577 bytes, which exceeds the limit of 1048576 bytes.", "host_spoiled"],
  ["Message exceeded maximum allowed size of 64MiB.", "message_too_large"],
  ["", "lost"],
  ["Something no browser said before", "lost"],
];

for (const [text, problem] of SAID) {
  test(`“${text}” means ${problem}`, () => assert.equal(decode(text).problem, problem));
}

test("a huge length is read back as the first four letters of stray text", () => {
  const announced = Buffer.from("Hell").readUInt32LE();
  assert.equal(strayText(announced), "Hell");
  const said = decode(`Native application tried to send a message of ${announced} bytes, which exceeds the limit of 1048576 bytes.`);
  assert.equal(said.message, 'Stray text beginning with "Hell" arrived in place of Auricle\'s messages.');
});

test("a length that is only a little too long is called by its number", () => {
  assert.equal(strayText(1_048_577), null);
});

test("every problem has a sentence and a next step", () => {
  for (const { message, next } of Object.values(EXPLANATIONS)) {
    assert.match(message, /\.$/);
    assert.match(next, /\.$/);
  }
});
