// Whether plugins built with the headers of before still fit those of now.
//
// A struct that begins with its own size may grow at its end. Everything else stays as it is.

function parse(lines) {
  const out = { values: new Map(), structs: new Map() };
  let members;
  for (const line of lines) {
    const member = /^ {2}(\d+) \+(\d+) ([\w.]+): (.*)$/.exec(line);
    const named = /^(macro|type|enum|struct) (\w+) = (.*)$/.exec(line);
    if (member) {
      const [, offset, size, name, type] = member;
      members.push({ offset: Number(offset), size: Number(size), name, type });
    } else if (named?.[1] === 'struct') {
      members = [];
      out.structs.set(named[2], { bytes: parseInt(named[3], 10), members });
    } else if (named) {
      out.values.set(`${named[1]} ${named[2]}`, named[3]);
    }
  }
  return out;
}

function compareStruct(name, before, now, say) {
  const grows = before.members[0]?.name === 'size';
  for (const [index, was] of before.members.entries()) {
    const is = now.members[index];
    if (!is) return say(`struct ${name}: \`${was.name}\` is gone; nothing is ever removed`);
    if (is.name !== was.name)
      return say(`struct ${name}: \`${is.name}\` stands where \`${was.name}\` was; members are only appended`);
    if (is.type !== was.type)
      return say(`struct ${name}: \`${was.name}\` was ${was.type} and is ${is.type}; make a new member at the end`);
    if (is.offset !== was.offset || is.size !== was.size)
      return say(`struct ${name}: \`${was.name}\` was ${was.size} bytes at ${was.offset} and is ${is.size} at ${is.offset}`);
  }
  const added = now.members.slice(before.members.length);
  if (!grows && (added.length > 0 || now.bytes !== before.bytes))
    return say(`struct ${name} does not begin with its size, so it cannot grow: make a new struct`);
  for (const one of added)
    if (one.offset < before.bytes && !one.name.startsWith('reserved'))
      return say(`struct ${name}: \`${one.name}\` lies in what was padding: a plugin of before gives ` +
        `${before.bytes} as the size, so nobody can tell that it lacks it; put \`uint32_t reserved\` before it`);
}

// Sentences about what breaks; none: all is well. `added` gets the names of what is new.
export function compare(beforeLines, nowLines, added = []) {
  const before = parse(beforeLines);
  const now = parse(nowLines);
  const problems = [];
  const say = (sentence) => problems.push(sentence);
  for (const [name, was] of before.values) {
    const is = now.values.get(name);
    if (is === undefined) say(`${name} is gone`);
    else if (is !== was) say(`${name} was ${was} and is ${is}`);
  }
  for (const [name, was] of before.structs) {
    const is = now.structs.get(name);
    if (!is) say(`struct ${name} is gone`);
    else compareStruct(name, was, is, say);
  }
  const known = new Set(beforeLines);
  added.push(...nowLines.filter((line) => !known.has(line)).map((line) => line.trim()));
  return problems;
}
