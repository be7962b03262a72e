// The page as it was built: nothing inline, which its policy would not let run, and nothing that is not there.
//   PARLEY_PAGE=DIR node --test page.test.mjs

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

const folder = process.env.PARLEY_PAGE;
const page = fs.readFileSync(path.join(folder, "index.html"), "utf8");

test("everything that the page names is beside it", () => {
  const named = [...page.matchAll(/(?:src|href)="([^"/:]+)"/g)].map((match) => match[1]);
  assert.ok(named.includes("swagger-ui-bundle.js") && named.includes("start.js"));
  for (const file of named) assert.ok(fs.existsSync(path.join(folder, file)), file);
});

test("nothing in it is inline", () => {
  assert.doesNotMatch(page, /<style|style=|\son\w+=|<script(?! src=)/);
});

test("Swagger UI comes with its licence", () => {
  assert.match(fs.readFileSync(path.join(folder, "LICENSE"), "utf8"), /Apache License/);
});
