// What was recorded, held against what came. Two kinds of difference: what is more than before, which a client of v1 passes
// over, and everything else, on which one may rely.

// → [{ at: "/result/seq", breaks: true, what: "a sentence" }, …]
export function differences(recorded, came, bindings, at = "") {
  if (isObject(recorded) && isObject(came)) return ofObjects(recorded, came, bindings, at);
  if (Array.isArray(recorded) && Array.isArray(came)) {
    if (recorded.length !== came.length) return [broken(at, `has ${came.length} items in place of ${recorded.length}`)];
    return recorded.flatMap((each, i) => differences(each, came[i], bindings, `${at}/${i}`));
  }
  if (typeof recorded === "string" && bindings.admits(recorded, came)) return [];
  if (recorded === came) return [];
  return [broken(at, `is ${JSON.stringify(came)} in place of ${explained(recorded, bindings)}`)];
}

function ofObjects(recorded, came, bindings, at) {
  const out = [];
  const known = new Set();
  for (const [template, value] of Object.entries(recorded)) {
    const name = bindings.fill(template);
    known.add(name);
    if (name in came) out.push(...differences(value, came[name], bindings, `${at}/${name}`));
    else out.push(broken(`${at}/${name}`, "is gone"));
  }
  for (const name of Object.keys(came)) {
    if (!known.has(name)) out.push({ at: `${at}/${name}`, breaks: false, what: `is new: ${JSON.stringify(came[name])}` });
  }
  return out;
}

// What was recorded, with what is new in what came, as it is written down.
export function withAdditions(recorded, came, bindings, step) {
  if (Array.isArray(recorded)) return recorded.map((each, i) => withAdditions(each, came[i], bindings, step));
  if (!isObject(recorded)) return recorded;
  const names = new Map(Object.keys(recorded).map((template) => [bindings.fill(template), template]));
  return Object.fromEntries(Object.entries(came).map(([name, value]) => {
    const template = names.get(name);
    if (template !== undefined) return [template, withAdditions(recorded[template], value, bindings, step)];
    return [bindings.known(name), bindings.written(value, name, step)];
  }));
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const broken = (at, what) => ({ at, breaks: true, what });

function explained(recorded, bindings) {
  const text = JSON.stringify(recorded);
  const bound = /^<(.*)>$/.exec(recorded)?.[1];
  return bound && bindings.get(bound) !== undefined ? `${text}, which was ${JSON.stringify(bindings.get(bound))}` : text;
}
