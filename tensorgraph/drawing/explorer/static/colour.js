// What the colours of tiles mean: families, modules, or a quantity on a logarithmic scale.

// What they are is told by drawing/view/colour.py; only the first NaN is the page's own.
const MODES = { ...COLOURINGS, nan: "First NaN" };

class Colours {
  constructor(scene, canvas, legend) {
    Object.assign(this, { scene, canvas, legend });
    this.mode = scene.boxes.some((box) => box.status) ? "difference" : isOwn(scene) ? "own" : "family";
    this.own = ownScale(scene);
    this.origin = firstBroken(scene);
    this.hues = new Map();
  }

  /** The modes for which the scene has data. */
  available() {
    const { scene } = this;
    return Object.keys(MODES).filter((mode) => {
      if (mode === "module") return scene.calls.length > 0;
      if (mode === "nan") return scene.measured;
      if (mode === "own") return isOwn(scene);
      if (mode === "difference") return scene.boxes.some((box) => box.status);
      const quantity = QUANTITIES[mode];
      return !quantity || ["forward", "backward"].some((side) => total(scene.boxes, side, quantity) !== null);
    });
  }

  paint(mode = this.mode) {
    this.mode = mode;
    this.canvas.stage.dataset.colour = mode;
    this.range = QUANTITIES[mode] ? this.rangeOf(QUANTITIES[mode]) : null;
    const { view, elements, gradients, pills } = this.canvas;
    for (const tile of view.tiles) {
      this.paintOne(elements.get(tile.key), tile.boxes, "forward", tile.item);
      if (gradients.has(tile.key)) this.paintOne(gradients.get(tile.key), tile.boxes, "backward", tile.item);
    }
    for (const { element, boxes, side } of pills) this.paintOne(element, boxes, side, null);
    this.legend.replaceChildren(...this.explain());
  }

  paintOne(element, boxes, side, item) {
    element.classList.remove("heated", "hot", "chilled", "signed", "unknown", "origin", "broken", ...STATUSES);
    element.style.removeProperty("--heat");
    if (this.mode === "module" && item) element.style.setProperty("--hue", this.hueOf(item));
    this.paintBroken(element, boxes, side);
    if (this.mode === "difference") element.classList.add(statusOf(boxes));
    if (this.mode === "own") this.paintOwn(element, farthest(ownNumbers(boxes, item?.call)));
    const quantity = QUANTITIES[this.mode];
    const value = quantity && total(boxes, side, quantity);
    if (value == null) return;
    const heat = this.heat(value);
    element.classList.add("heated");
    element.classList.toggle("hot", heat > 0.55);
    element.style.setProperty("--heat", `${Math.round(100 * heat)}%`);
  }

  /** The colour of a number that was given: by its size from zero where there are both signs. */
  paintOwn(element, number) {
    if (number === null) return;
    if (!Number.isFinite(number)) return void element.classList.add("unknown");
    const heat = shareOf(number, this.own);
    element.classList.add("heated");
    element.classList.toggle("signed", this.own.signs);
    element.classList.toggle("chilled", this.own.signs && number < 0);
    element.classList.toggle("hot", heat > 0.55);
    element.style.setProperty("--heat", `${Math.round(100 * heat)}%`);
  }

  paintBroken(element, boxes, side) {
    const read = side === "forward" ? "value" : "gradient";
    if (boxes.some((box) => isBroken(box[read]))) element.classList.add("broken");
    if (this.origin?.side === side && boxes.includes(this.origin.box)) element.classList.add("origin");
  }

  /** The least and greatest of what the visible tiles hold. */
  rangeOf(quantity) {
    const found = this.canvas.view.tiles.flatMap((tile) => [
      total(tile.boxes, "forward", quantity), total(tile.boxes, "backward", quantity),
    ]).filter((value) => value > 0 && Number.isFinite(value));
    return found.length ? [Math.min(...found), Math.max(...found)] : null;
  }

  heat(value) {
    if (!this.range || !(value > 0)) return 0;
    const [low, high] = this.range.map(Math.log);
    return high > low ? Math.min(1, Math.max(0, (Math.log(value) - low) / (high - low))) : 0.5;
  }

  /** One hue for all of a module that stands at the same place. */
  hueOf(item) {
    const call = item.kind === "op" ? item.box.call : item.call?.id;
    const path = this.scene.calls[call]?.path ?? "";
    const top = path.split(".").slice(0, 2).join(".");
    if (!this.hues.has(top)) this.hues.set(top, (this.hues.size * 137.5 + 250) % 360);
    return this.hues.get(top);
  }

  explain() {
    if (this.mode === "family") {
      const present = [...new Set(this.scene.boxes.map((box) => box.family).filter(Boolean))];
      return present.map((family) => html("span", { class: `swatch family-${family}` }, [family]));
    }
    if (this.mode === "nan") return [html("span", {}, [this.origin ? this.originText() : "Every number is finite."])];
    if (this.mode === "module") return [...this.hues].slice(0, 12).map(([path, hue]) => {
      const swatch = html("span", { class: "swatch hued" }, [path || "outside"]);
      swatch.style.setProperty("--hue", hue);
      return swatch;
    });
    if (this.mode === "difference") {
      const seen = new Set(this.scene.boxes.map((box) => box.status));
      return STATUSES.filter((status) => seen.has(status)).map((status) => html("span", { class: `swatch ${status}` }, [status]));
    }
    if (this.mode === "own") return this.explainOwn();
    if (!this.range) return [html("span", {}, ["nothing to compare"])];
    const [low, high] = this.range.map((number) => quantityText(number, QUANTITIES[this.mode]));
    return [html("span", { class: "range" }, [low, html("span", { class: "scale" }), high])];
  }

  explainOwn() {
    const { low, high, signs, wide } = this.own;
    const name = html("span", {}, [`${this.scene.quantity}${wide ? ", log scale" : ""}`]);
    const scale = html("span", { class: signs ? "scale both" : "scale" });
    const ends = [numberText(low), scale, numberText(high)];
    return [name, html("span", { class: "range", title: "Of several numbers the one farthest from zero has the colour." }, ends)];
  }

  originText() {
    const { box, side } = this.origin;
    const what = side === "forward" ? "the value of" : "the gradient of";
    const module = this.scene.calls[box.call]?.path;
    return `First NaN or infinity: ${what} ${boxLabel(box)} (#${box.id})${module ? ` in ${module}` : ""}`;
  }
}

function isOwn(scene) {
  return scene.boxes.some((box) => box.numbers.length) || scene.calls.some((call) => call.numbers.length);
}

/** The scale of the numbers that were given, as drawing/view/colour.py has it. */
function ownScale({ boxes, calls }) {
  const known = [...boxes, ...calls].flatMap((part) => part.numbers).filter(Number.isFinite);
  const [low, high] = known.length ? [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))] : [0, 0];
  const signs = low < 0 && high > 0;
  const end = Math.max(-low, high);
  return { low: signs ? -end : low, high: signs ? end : high, signs, wide: low > 0 && high >= WIDE * low };
}

/** How far a number is from the cold end of a scale, or from zero, from 0 to 1. */
function shareOf(number, { low, high, signs, wide }) {
  const inside = Math.min(Math.max(number, low), high);
  if (signs) return Math.abs(inside) / high;
  const size = Math.max(-low, high) || 1; // so that no difference overflows
  const [from, at, to] = [low, inside, high].map((each) => (wide ? Math.log(each) : each / size));
  return from < to ? (at - from) / (to - from) : 0.5;
}

/** What became of boxes together: what all are, or changed. */
function statusOf(boxes) {
  const [first, ...others] = new Set(boxes.map((box) => box.status));
  return others.length || !first ? "changed" : first;
}

/** The quantity of boxes together on one side; null where none has it. */
function total(boxes, side, quantity) {
  const values = boxes.map((box) => numberAt(box, quantity[side])).filter((value) => value !== null);
  if (!values.length) return null;
  return values.reduce((a, b) => (quantity.adds_up ? a + b : Math.max(a, b)));
}

/** What stands at a path in a box, as "gradient.norm"; null where nothing does. */
function numberAt(box, path) {
  return path.split(".").reduce((part, name) => part?.[name], box) ?? null;
}

function quantityText(number, { unit }) {
  return unit ? amountText(number, UNITS[unit]) : numberText(number);
}

function isBroken(statistics) {
  return Boolean(statistics && (statistics.nans || statistics.infs));
}

/** Where NaN or infinity appears first: forward in order, then backward in the sweep's order. */
function firstBroken({ boxes, outputs, backward }) {
  const value = boxes.find((box) => isBroken(box.value));
  if (value) return { box: value, side: "forward" };
  const swept = [...outputs, ...backward.flatMap((id) => boxes[id].wires.map((wire) => wire.source))];
  const gradient = swept.find((id) => isBroken(boxes[id].gradient));
  return gradient === undefined ? null : { box: boxes[gradient], side: "backward" };
}
