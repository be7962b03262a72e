// Every conversation of this folder, with a server of this build.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check, names } from "./check.mjs";

for (const name of names) {
  test(name, async () => {
    const wrong = await check(name);
    assert.equal(wrong, "", wrong);
  });
}
