// A transcript as text (README.md says how it reads) and as steps.

import fs from "node:fs";

const WIDTH = 120;

// → { server, people, lines, steps: [{ first, last, kind, … }] }: which lines a step has, so that it can be written anew.
export function read(file) {
  const lines = fs.readFileSync(file, "utf8").trimEnd().split("\n");
  const out = { file, lines, server: {}, people: [], steps: [] };
  for (let n = 0; n < lines.length; n++) {
    if (/^\s*(#|$)/.test(lines[n])) continue;
    const first = n;
    while (/^\s+\S/.test(lines[n + 1] ?? "")) n++;
    const rest = lines.slice(first + 1, n + 1).map((line) => line.trim());
    try {
      const setting = /^(server|people): (.*)$/.exec(lines[first]);
      if (setting?.[1] === "server") out.server = JSON.parse([setting[2], ...rest].join(" "));
      else if (setting) out.people = setting[2].split(", ");
      else out.steps.push({ first, last: n, ...step(lines[first], rest) });
    } catch (problem) {
      throw new Error(`${file}:${first + 1}: ${problem.message}`);
    }
  }
  return out;
}

function step(head, rest) {
  let found;
  if ((found = /^(\w+) ([<>]) (.*)$/.exec(head))) {
    const [, who, way, begin] = found;
    const text = [begin, ...rest].join(" ");
    if (way === ">") return { kind: "frame", who, text };
    const code = /^close (\d+)$/.exec(text);
    return { kind: "awaits", who, recorded: code ? { close: Number(code[1]) } : text === "?" ? undefined : JSON.parse(text) };
  }
  if ((found = /^(\w+) (GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\S+)$/.exec(head))) {
    return { kind: "request", who: found[1], verb: found[2], path: found[3], ...headersAndBody(rest) };
  }
  if ((found = /^< (\d+|\?)$/.exec(head))) {
    if (found[1] === "?") return { kind: "response" };
    const { headers, body } = headersAndBody(rest);
    return { kind: "response", recorded: { status: Number(found[1]), headers, ...(body === "" ? {} : { body: JSON.parse(body) }) } };
  }
  if ((found = /^(\w+) connects(?: as (\w+))?$/.exec(head))) return { kind: "connects", who: found[1], as: found[2] ?? found[1] };
  if ((found = /^(\w+) (opens|closes|stops|stops reading|reads on)$/.exec(head))) return { kind: found[2], who: found[1] };
  throw new Error(`this is no step: ${head}`);
}

function headersAndBody(rest) {
  const headers = {};
  let n = 0;
  for (let header; n < rest.length && (header = /^([A-Za-z-]+): (.*)$/.exec(rest[n])); n++) {
    headers[header[1]] = header[2];
  }
  return { headers, body: rest.slice(n).join(" ") };
}

// The text with the steps that `change` gives something new for: a Map of steps to what is to be recorded.
export function rewritten(transcript, change) {
  const out = [];
  let next = 0;
  for (const step of transcript.steps) {
    if (!change.has(step)) continue;
    out.push(...transcript.lines.slice(next, step.first), ...linesOf(step, change.get(step)));
    next = step.last + 1;
  }
  return [...out, ...transcript.lines.slice(next)].join("\n") + "\n";
}

function linesOf(step, recorded) {
  if (step.kind === "awaits") {
    if ("close" in recorded) return [`${step.who} < close ${recorded.close}`];
    return laidOut(recorded, `${step.who} < `);
  }
  const { status, headers, body } = recorded;
  return [`< ${status}`, ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`),
    ...(body === undefined ? [] : laidOut(body, "  "))];
}

// On one line, or with each member on lines of its own.
function laidOut(value, before, after = "") {
  const line = before + oneLine(value) + after;
  if (line.length <= WIDTH || value === null || typeof value !== "object") return [line];
  const begin = /^\s*/.exec(before)[0] || "  "; // indented, so that it belongs to its step
  const isList = Array.isArray(value);
  const members = Object.entries(value);
  return [
    before + (isList ? "[" : "{"),
    ...members.flatMap(([name, each], i) =>
      laidOut(each, begin + "  " + (isList ? "" : `${JSON.stringify(name)}: `), i + 1 < members.length ? "," : "")),
    begin + (isList ? "]" : "}") + after,
  ];
}

function oneLine(value) {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${oneLine(each)}`);
  return members.length ? `{ ${members.join(", ")} }` : "{}";
}
