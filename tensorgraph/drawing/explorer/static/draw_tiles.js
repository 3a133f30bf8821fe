// How tiles look: their texts and sizes, and the SVG elements of tiles, pills and links.

const SIZE = { tile: 42, pill: 20, pillGap: 4, pillRoom: 12, aisle: 70, above: 22 };
const FONTS = { title: "600 13px system-ui, sans-serif", small: "11px system-ui, sans-serif" };
const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();

function textWidth(text, font) {
  const key = `${font} ${text}`;
  if (!widths.has(key)) {
    pen.font = FONTS[font];
    widths.set(key, pen.measureText(text).width);
  }
  return widths.get(key);
}

/** Make an SVG element; attributes that are null are left out. */
function svg(tag, attributes = {}, children = []) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) if (value != null) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Make an HTML element. */
function html(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) if (value != null) element.setAttribute(key, value);
  element.append(...[children].flat(Infinity));
  return element;
}

// ---------------------------------------------------------------------------------------- texts

function short(text, length = 28) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** The end of a path, where it differs from those around it. */
function ending(path, length) {
  return path.length > length ? `…${path.slice(1 - length)}` : path;
}

/** The two lines of a tile. */
function linesOf(tile, letter = () => "") {
  if (tile.leaf) return [short(boxLabel(tile.leaf)), dotted(noteText([tile.leaf]), shapeText(tile.leaf.shape))];
  const { item } = tile;
  if (item.kind === "op") {
    const { box } = item;
    const name = box.name || letter(box);
    return [short(name ? `${box.op} → ${name}` : box.op || box.symbol), dotted(noteText([box]), lastNames(item), shapeText(box.shape))];
  }
  return [itemLabel(item), dotted(noteText(item.boxes, item.call), lastNames(item), item.kind === "module" && turnText(item.call), `${item.boxes.length} ops`)];
}

function dotted(...parts) {
  return parts.filter(Boolean).join(" · ");
}

/** The last names of where the modules of an item stand. */
function lastNames(item) {
  return ending(pathOf(item, lastName), 26);
}

/** The two lines of the gradient's tile. */
function gradientLinesOf(tile, scene) {
  const box = boxOf(tile);
  if (!box) return [`∂ ${linesOf(tile)[0]}`, linesOf(tile)[1]];
  return [`∂${short(boxLabel(box))}`, gradientNote(box, scene)];
}

/** The one box that a tile stands for, if it is one. */
function boxOf(tile) {
  return tile.leaf ?? (tile.item.kind === "op" ? tile.item.box : null);
}

function gradientNote(box, scene) {
  return isComputed(box, scene) ? shapeText(box.shape) : "not computed";
}

/** Whether the sweep of the backward pass reaches a box. */
function isComputed(box, scene) {
  return box.differentiable && (box.gradient !== null || box.has_gradient || (!scene.measured && box.arrivals.length > 0));
}

function pillText({ boxes }) {
  const note = noteText(boxes);
  if (boxes.some((box) => leafText(box) !== leafText(boxes[0]))) return dotted(`and ${boxes.length} more`, note);
  return dotted(leafText(boxes[0], boxes.length > 1 ? ` × ${boxes.length}` : ""), note);
}

/** @param times how often it is there, where it stands for several */
function leafText(box, times = "") {
  const shape = box.shape.join("×");
  if (box.kind === "constant" && !box.name) return `${box.text || shape}${times}`;
  return [pillName(box) + times, shape].filter(Boolean).join(times ? " · " : "  ");
}

/** On its module a parameter needs no path. */
function pillName(box) {
  const isPath = new RegExp(`^${PATH}$`, "u").test(box.name);
  return short(isPath ? box.name.split(".").at(-1) : boxLabel(box), 18);
}

// ---------------------------------------------------------------------------------------- sizes

/** Set each tile's extent around its axis; docked leaves reach to the left, notes to the right of links. */
function measureTiles(view, scene, formulas) {
  for (const link of view.links) {
    link.notes = noteLines(link.wires);
    link.noteWidth = Math.max(0, ...link.notes.map((text) => 5 + textWidth(text, "small")));
  }
  const letter = (box) => (formulas.on ? formulas.letter(box) : "");
  for (const tile of view.tiles) {
    tile.formulas = { forward: formulas.shown(boxOf(tile), "forward"), backward: formulas.shown(boxOf(tile), "backward") };
    const written = Object.values(tile.formulas).filter(Boolean);
    tile.lines = { forward: linesOf(tile, letter), backward: tile.differentiable ? gradientLinesOf(tile, scene) : [] };
    const lines = Object.values(tile.lines).flat();
    const widest = Math.max(...lines.map((line, i) => textWidth(line, i % 2 ? "small" : "title")), ...written.map(({ width }) => width));
    const sign = tile.item && tile.item.kind !== "op" ? 26 : 0;
    tile.width = Math.max(64, Math.ceil(widest) + 26 + sign);
    for (const pill of tile.pills) measurePill(pill, formulas, letter);
    tile.stack = sum(tile.pills.map((pill) => pill.high + SIZE.pillGap)) - SIZE.pillGap;
    const set = SIZE.above + Math.max(0, ...written.map(({ height }) => height)) + 8;
    tile.high = Math.max(tile.leaf ? SIZE.tile - 6 : SIZE.tile, tile.stack, written.length ? set : 0);
    const docked = Math.max(0, ...tile.pills.flatMap((pill) => Object.values(pill.widths)));
    tile.left = tile.width / 2 + (docked ? docked + SIZE.pillRoom : 0);
    tile.right = tile.width / 2;
    tile.height = tile.high;
  }
}

function measurePill(pill, formulas, letter) {
  const box = pill.boxes.length === 1 ? pill.boxes[0] : null;
  const own = box && letter(box);
  pill.text = own ? `${own}: ${pillText(pill)}` : pillText(pill);
  pill.formula = formulas.shown(box, "backward");
  const around = (width) => Math.ceil(width) + 16;
  pill.widths = {
    forward: around(textWidth(pill.text, "small")),
    backward: around(pill.formula?.width ?? textWidth(`∂${pillText(pill)}`, "small")),
  };
  pill.high = Math.max(SIZE.pill, (pill.formula?.height ?? 0) + 4);
}

// -------------------------------------------------------------------------------------- elements

/** A tile of one side: "forward" or "backward". */
function drawTile(tile, place, side) {
  const lines = tile.lines[side];
  const formula = tile.formulas[side];
  const classes = ["tile", side, tile.leaf ? tile.leaf.kind : tile.item.kind, familyOf(tile)];
  const { width, high } = tile;
  const body = [];
  const folded = tile.item && tile.item.kind !== "op";
  if (folded) body.push(rect(-width / 2 + 5, -high / 2 + 5, width, high - 10, "behind"));
  body.push(
    rect(-width / 2, -high / 2, width, high, "face"),
    svg("text", { class: "title", y: formula ? -high / 2 + 17 : -4 }, [lines[0]]),
    formula ? drawFormula(formula, 0, SIZE.above / 2 - 2)
      : svg("text", { class: lines[1] === "not computed" ? "small missing" : "small", y: 12 }, [lines[1]]),
    svg("text", { class: "badge", x: side === "forward" ? -width / 2 + 5 : width / 2 - 5, y: -high / 2 - 4 }),
  );
  if (folded) body.push(svg("text", { class: "fold", x: width / 2 - 11, y: -4 }, ["+"]));
  return svg("g", {
    class: classes.join(" "), transform: `translate(${place.x} ${place.y})`, "data-key": tile.key,
    tabindex: -1, role: "button",
  }, body.flatMap((part) => [part, " "])); // spaces between the texts, which together are its name
}

function rect(x, y, width, height, name) {
  return svg("rect", { class: name, x, y, width, height, rx: 7 });
}

function familyOf(tile) {
  return tile.item?.kind === "op" ? `family-${tile.item.box.family}` : "";
}

/** The leaves docked to a tile: to the left of it, and their gradients to the right of ∂. */
function drawPills(tile, place, side, scene) {
  const away = side === "forward" ? -1 : 1;
  let top = place.y - tile.stack / 2;
  return tile.pills.flatMap((pill) => {
    const y = top + pill.high / 2;
    top += pill.high + SIZE.pillGap;
    if (side === "backward" && !pill.boxes.some((box) => box.differentiable)) return [];
    const x = place.x + away * (tile.width / 2 + SIZE.pillRoom + pill.widths[side] / 2);
    return [{ element: drawPill(pill, { x, y }, away, side, scene), boxes: pill.boxes, side }];
  });
}

function drawPill(pill, { x, y }, away, side, scene) {
  const [box] = pill.boxes;
  const width = pill.widths[side];
  const formula = side === "backward" ? pill.formula : null;
  const high = formula ? pill.high : SIZE.pill;
  const missing = side === "backward" && !isComputed(box, scene);
  const text = side === "forward" ? pill.text : missing ? `∂${pillName(box)}` : `∂${pillText(pill)}`;
  const kind = box.kind === "constant" && box.shape.length ? "input" : box.kind;
  const inner = -away * (width / 2);
  return svg("g", {
    class: `pill ${side} ${kind}${missing ? " missing" : ""}`, transform: `translate(${x} ${y})`,
    "data-box": box.id, tabindex: -1, role: "button",
  }, [
    svg("path", { class: "dock", d: `M${inner} 0h${-away * SIZE.pillRoom}` }),
    svg("rect", { class: "face", x: -width / 2, y: -high / 2, width, height: high, rx: SIZE.pill / 2 }),
    formula ? drawFormula(formula, 0, 0) : svg("text", { class: "small", y: 4 }, [text]),
    svg("title", {}, [[pillTitle(pill, side), formula?.text, missing ? "not computed" : shapeText(box.shape), noteOf(pill)].filter(Boolean).join("\n")]),
  ]);
}

/** What a pill stands for. */
function pillTitle({ boxes }, side) {
  const names = [...new Set(boxes.map((box) => (side === "forward" ? boxLabel(box) : `∂${boxLabel(box)}`)))];
  return names.join(", ") + (boxes.length > names.length ? ` × ${boxes.length}` : "");
}

/** What happens to the axes of what a pill stands for. */
function noteOf({ boxes, tile }) {
  const uses = boxes.flatMap((box) => box.uses).filter((use) => tile.boxes.some((b) => b.id === use.target));
  return [...new Set(uses.map((use) => use.note))].join(" ");
}

/** A smooth line through points: straight along a column, an S from one to another. */
function pathThrough(points) {
  let d = `M${points[0].map(round)}`;
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    if (x0 === x1 && y0 === y1) continue; // an arrowhead would not know where to point
    const middle = round((y0 + y1) / 2);
    d += Math.abs(x0 - x1) < 0.5 ? `L${round(x1)} ${round(y1)}`
      : `C${round(x0)} ${middle} ${round(x1)} ${middle} ${round(x1)} ${round(y1)}`;
  }
  return d;
}

function round(number) {
  return Math.round(number * 10) / 10;
}

/** Lines are thicker where more bytes flow: 1 px for a scalar, 3.5 px for a gigabyte. */
function thickness(bytes) {
  return round(1 + (2.5 * Math.log10(1 + bytes)) / 9);
}

function drawLink(link, points, side) {
  return svg("path", {
    class: `link ${side}`, d: pathThrough(points), "stroke-width": thickness(link.bytes),
    "marker-end": `url(#arrow-${side})`, "data-source": link.source.key, "data-target": link.target.key,
  }, [svg("title", {}, [linkTitle(link)])]);
}

/** How many values go along a link, and what all of them are done to; what is long is two lines. */
function noteLines(wires) {
  const notes = [...new Set(wires.map((wire) => wire.note).filter(Boolean))];
  const text = [wires.length > 1 ? `×${wires.length}` : "", notes.length === 1 ? notes[0] : ""].join(" ").trim();
  return text ? text.replace(" → ", "\n→ ").split("\n") : [];
}

function linkTitle({ source, target, wires }) {
  const ends = `${linesOf(source)[0]} → ${linesOf(target)[0]}`;
  const rest = wires.slice(0, 8).map((wire) => `${wire.operand} ${wire.note}`.trim());
  return [ends, ...rest, wires.length > 8 ? `and ${wires.length - 8} more` : ""].filter(Boolean).join("\n");
}

/** A saved value: dashed, from the side of the tile to the gradient that reads it. */
function drawSaved(link, from, to, scene) {
  const x0 = from.x + link.source.width / 2;
  const x1 = to.x - link.target.width / 2;
  const bend = (x1 - x0) / 2;
  const names = [...link.boxes].map((id) => boxLabel(scene.boxes[id]));
  return svg("path", {
    class: "saved", d: `M${round(x0)} ${from.y}C${round(x0 + bend)} ${from.y} ${round(x1 - bend)} ${to.y} ${round(x1)} ${to.y}`,
    "data-source": link.source.key, "data-target": link.target.key,
  }, [svg("title", {}, [`saved for backward: ${short(names.join(", "), 120)}`])]);
}
