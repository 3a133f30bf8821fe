// The scene as the page reads it: boxes, module calls, the hierarchy in which they fold, the steps.

const STATISTICS = ["min", "max", "mean", "std", "norm", "count", "zeros", "nans", "infs"];
const CROWD = 120; // A level with more children than this is cut into runs …
const RUN = 40; // … of so many.

/**
 * Read the embedded data into a scene whose parts refer to each other.
 * @param {string} text the JSON written by page.py
 */
function readScene(text) {
  const data = { calls: [], outputs: [], forward: [], backward: [], rules: {}, derived: {}, title: "", ...JSON.parse(text) };
  const columns = Object.entries(data.boxes).map(([name, { values, at }]) => [name, at ? at.map((i) => values[i]) : values]);
  const boxes = Array.from({ length: data.count }, (_, id) => readBox(id, columns));
  for (const box of boxes) {
    for (const wire of box.wires) boxes[wire.source].uses.push({ target: box.id, ...wire });
  }
  const calls = data.calls.map((call, id) => ({ id, parent: null, label: "", ...call, numbers: (call.numbers ?? []).map(Number) }));
  const scene = { ...data, boxes, calls, root: buildHierarchy(boxes, calls, data.title) };
  scene.steps = readSteps(scene);
  scene.profiled = boxes.some((b) => b.forward_seconds != null || b.backward_seconds != null);
  scene.measured = boxes.some((b) => b.value || b.gradient);
  return scene;
}

function readBox(id, columns) {
  const packed = Object.fromEntries(columns.map(([name, values]) => [name, values[id]]).filter(([, value]) => value != null));
  return {
    name: "", op: "", family: "", dtype: "", shape: [], bytes: 0, saved: [], turns: [], call: null, accumulates: 0,
    differentiable: false, label: "", status: "",
    ...packed,
    id,
    wires: (packed.wires ?? []).map(([source, operand, note = "", stops = 0]) => ({ source, operand, note, stops: Boolean(stops) })),
    uses: [],
    value: readStatistics(packed.value),
    gradient: readStatistics(packed.gradient),
    numbers: (packed.numbers ?? []).map(Number),
    value_sample: packed.value_sample ?? null,
    gradient_sample: packed.gradient_sample ?? null,
  };
}

/** A histogram comes as one character per bar; its range, where it is not from min to max. */
function readStatistics(packed) {
  if (!packed) return null;
  const [bars, ...numbers] = packed;
  const told = Object.fromEntries(STATISTICS.map((name, i) => [name, numbers[i]]));
  const [low, high] = numbers.length > STATISTICS.length ? numbers.slice(STATISTICS.length) : [told.min, told.max];
  return { ...told, low, high, histogram: [...bars].map((bar) => parseInt(bar, 36)) };
}

// ------------------------------------------------------------------------------------- the hierarchy

/**
 * Nest the ops in their module calls; what is left over of a level stands in the level itself.
 * An item is {key, kind: "op" | "module" | "repeat" | "part" | "run" | "root", title, parent, children, first}.
 */
function buildHierarchy(boxes, calls, title) {
  const root = group("root", "root", title);
  const modules = calls.map((call) => group(`call ${call.id}`, "module", call.type || call.path, call));
  const attached = new Set([root]);
  for (const box of boxes) {
    if (isLeaf(box)) continue;
    let child = { key: `box ${box.id}`, kind: "op", box, first: box.id, children: [] };
    let parent = modules[box.call] ?? root;
    box.item = child;
    while (child && !child.parent) {
      child.parent = parent;
      parent.children.push(child);
      if (attached.has(parent)) break;
      attached.add(parent);
      parent.first = box.id;
      child = parent;
      parent = modules[child.call.parent] ?? root;
    }
  }
  for (const module of [...modules].reverse()) unwrap(module);
  const parents = [...modules, root];
  for (const parent of parents) {
    parents.push(...joinRepeats(parent)); // in which others may be
    cutIntoRuns(parent);
  }
  count(root);
  return root;
}

function group(key, kind, title, call = null) {
  return { key, kind, title, call, parent: null, children: [], first: 0 };
}

/** A module call that is one op, such as ReLU, is drawn as that op. */
function unwrap(module) {
  const [only] = module.children;
  if (module.children.length !== 1 || only.kind !== "op") return;
  const siblings = module.parent.children;
  siblings[siblings.indexOf(module)] = only;
  only.parent = module.parent;
  only.module ??= module.call;
}

/**
 * Neighbours that do the same become one item, "× n", of n equal parts; page.py has compared them.
 * Returns the parts that are new.
 */
function joinRepeats(parent) {
  const { children } = parent;
  const joined = [];
  const parts = [];
  for (let i = 0; i < children.length; ) {
    const repeated = repeatAt(children, i);
    if (!repeated) {
      joined.push(children[i++]);
      continue;
    }
    const equal = repeated.turns.map((items) => (items.length === 1 ? items[0] : part(items, parent)));
    parts.push(...equal.filter((item) => item.kind === "part"));
    const title = equal[0].module?.type || itemLabel(equal[0]);
    const repeat = group(`repeat ${repeated.id}`, "repeat", title, callOf(equal[0]));
    joined.push(adopt({ ...repeat, copies: equal.length, last: callOf(equal.at(-1)) }, equal, parent));
    cutIntoRuns(joined.at(-1));
    i += repeated.length;
  }
  parent.children = joined;
  return parts;
}

/** The widest repetition that begins at a child: its number, its items by turn, how many in all. */
function repeatAt(children, i) {
  for (const [id] of [...turnsOf(children[i])].reverse()) {
    const turns = new Map();
    let length = 0;
    for (; i + length < children.length; length++) {
      const found = turnsOf(children[i + length]).find(([other]) => other === id);
      if (!found) break;
      turns.set(found[1], [...(turns.get(found[1]) ?? []), children[i + length]]);
    }
    if (turns.size > 1) return { id, length, turns: [...turns.values()] };
  }
  return null;
}

/** In which repetitions an item's first op is, and in which turn; the inner ones first. */
function turnsOf(item) {
  while (item.kind !== "op") item = item.children[0];
  return item.box.turns;
}

function part(items, parent) {
  const names = items.map(itemLabel);
  return adopt(group(`part ${items[0].key}`, "part", short(names.join(", "), 24)), items, parent);
}

/** A level too wide to be read is cut into runs of consecutive items, and these again. */
function cutIntoRuns(parent) {
  const all = parent.children.length;
  for (let each = 1; parent.children.length > CROWD; each *= RUN) {
    const runs = [];
    for (let start = 0; start < parent.children.length; start += RUN) {
      const part = parent.children.slice(start, start + RUN);
      const title = `${start * each + 1} – ${Math.min(all, (start + part.length) * each)} of ${all}`;
      runs.push(adopt(group(`run ${parent.key} ${each} ${start}`, "run", title), part, parent));
    }
    parent.children = runs;
  }
}

function adopt(parent, children, grandparent) {
  parent.children = children;
  parent.parent = grandparent;
  parent.first = children[0].first;
  for (const child of children) child.parent = parent;
  return parent;
}

/** Number the ops below each item. */
function count(root) {
  for (const item of preorder(root).reverse()) {
    item.boxes = item.kind === "op" ? [item.box] : item.children.flatMap((child) => child.boxes);
  }
}

/** All items from one downwards, parents before children; goes into an item only if asked to. */
function preorder(root, enters = () => true) {
  const found = [];
  const waiting = [root];
  while (waiting.length) {
    const item = waiting.pop();
    found.push(item);
    if (enters(item)) waiting.push(...[...item.children].reverse());
  }
  return found;
}

// ------------------------------------------------------------------------------------ the steps

/**
 * One step per op, forward and then backward. Notes on each box when its gradient gets its parts.
 * A step is {pass, box, inputs, reads, adds}: box ids of operands, saved values read, gradients fed.
 */
function readSteps({ boxes, forward, backward, outputs }) {
  const steps = forward.map((id) => ({
    pass: "forward", box: boxes[id], inputs: boxes[id].wires.map((w) => w.source), reads: [], adds: [],
  }));
  for (const box of boxes) {
    box.arrivals = [];
    box.made = isLeaf(box) ? 0 : Infinity;
  }
  forward.forEach((id, i) => (boxes[id].made = i + 1));
  for (const id of outputs) if (backward.includes(id)) boxes[id].arrivals.push(forward.length);
  for (const id of backward) {
    const step = { pass: "backward", box: boxes[id], inputs: [], reads: savedBoxes(boxes[id]), adds: [] };
    steps.push(step);
    for (const wire of boxes[id].wires) {
      if (!boxes[wire.source].differentiable || wire.stops) continue;
      step.adds.push(wire.source);
      boxes[wire.source].arrivals.push(steps.length);
    }
  }
  return steps;
}

/** The boxes whose values a gradient rule reads. */
function savedBoxes(box) {
  return [...new Set(box.saved.map((position) => savedBox(box, position)))];
}

/** The box at a position of the operands; behind them is the result. */
function savedBox(box, position) {
  return position < box.wires.length ? box.wires[position].source : box.id;
}

// ------------------------------------------------------------------------------------- in words

function shapeText(shape) {
  return shape.length ? shape.join(" × ") : "scalar";
}

function isLeaf(box) {
  return ["parameter", "input", "constant"].includes(box.kind);
}

/** What a value is called: by its name, else by what makes it. */
function boxLabel(box) {
  return box.name || box.op || box.text || box.kind;
}

/** What an item is called in the details, in search and by screen readers. */
function itemLabel(item) {
  if (item.kind === "op") return boxLabel(item.box);
  if (item.kind === "repeat") return `${item.title} × ${item.copies}`;
  return item.title;
}

/** The module call that an item is. */
function callOf(item) {
  return (item.kind === "op" ? item.module : item.call) ?? null;
}

/** Where the module of an item stands; of equal ones from the first to the last: "model.layers[0 … 11]". */
function pathOf(item, part = (path) => path) {
  const calls = [callOf(item), item.last].filter(Boolean);
  const [first = "", last = first] = calls.map(({ path }) => part(path));
  const numbers = last.match(/\d+/g) ?? [];
  if (first.replaceAll(/\d+/g, "#") !== last.replaceAll(/\d+/g, "#")) return `${first} … ${last}`;
  return first.replaceAll(/\d+/g, (number) => [...new Set([number, numbers.shift()])].join(" … "));
}

/** The last name of a path: "layers[0]". */
function lastName(path) {
  return path.match(/[^.[]+(\[('[^']*'|"[^"]*"|\d+)\])*$/)?.[0] ?? path;
}

/** Which of several calls of its module one is; empty where there is one. */
function turnText(call) {
  return call?.of ? `call ${call.number} of ${call.of}` : "";
}

/** Where a call is, and in which of several calls of one module. */
function placeText(call, calls) {
  let several = call;
  while (several && !several.of) several = calls[several.parent];
  if (!several) return call.path;
  return several === call ? `${call.path}, ${turnText(call)}` : `${call.path}, in ${turnText(several)} of ${several.path}`;
}

function bytesText(bytes) {
  return amountText(bytes, UNITS.bytes);
}

/** What was written on boxes, or on the module that they are, and the numbers that were given for them. */
function noteText(boxes, call = null) {
  const label = call ? call.label : boxes.length === 1 ? boxes[0].label : "";
  return dotted(short(label, 44), numbersText(ownNumbers(boxes, call)));
}

/** The numbers that were given for boxes, or for the module that they are. */
function ownNumbers(boxes, call = null) {
  return call?.numbers.length ? call.numbers : boxes.flatMap((box) => box.numbers);
}

/** One number, or the least and the largest of several, as drawing/view/colour.py writes them. */
function numbersText(numbers) {
  const known = numbers.filter((number) => !Number.isNaN(number));
  const ends = new Set(known.length ? [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))].map(numberText) : []);
  return [[...ends].join(" … "), known.length < numbers.length && "NaN"].filter(Boolean).join(", ");
}

/** The one that is farthest from zero, NaN before all others; null of none. */
function farthest(numbers) {
  return numbers.reduce((a, b) => (a === null || Number.isNaN(b) || Math.abs(b) > Math.abs(a) ? b : a), null);
}

function secondsText(seconds) {
  return seconds == null ? "not measured" : amountText(seconds, UNITS.seconds);
}

/** As tensorgraph/observe/bytes_and_seconds.py does it. */
function amountText(amount, units) {
  const [name, size] = units.findLast(([, least]) => threeDigits(amount) >= least) ?? units[0];
  return `${threeDigits(amount / size)} ${name}`;
}

function threeDigits(number) {
  return Number(number.toPrecision(3));
}

function numberText(number) {
  if (number == null) return "–";
  if (!Number.isFinite(number)) return String(number).replace("Infinity", "∞").replace("-", "−");
  if (Number.isInteger(number) && Math.abs(number) < 1e6) return String(number).replace("-", "−");
  const size = Math.abs(number);
  const text = size >= 1e-3 && size < 1e6 ? String(Number(number.toPrecision(5))) : String(Number(number.toPrecision(5)).toExponential());
  return text.replace("e+", "e").replaceAll("-", "−");
}
