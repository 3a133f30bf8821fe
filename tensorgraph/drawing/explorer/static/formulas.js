// The formula of each value and each gradient, as tg.derive found them: beside the boxes, and as a derivation that
// grows with the steps.

const WIDEST = 340; // pixels; a wider formula is read in the details

class Formulas {
  /** @param {HTMLElement} bench where formulas are set to be measured */
  constructor(scene, bench) {
    this.scene = scene;
    this.bench = bench;
    this.told = { values: {}, gradients: {}, letters: {}, untold: {}, unwritten: {}, notes: [], why: "", ...scene.derived };
    this.on = false;
    this.sizes = new Map();
    this.lines = this.inOrder();
  }

  get present() {
    return Object.keys(this.told.gradients).length > 0;
  }

  /** A formula of a box on a side, {mathml, text}; null where there is none. */
  of(box, side) {
    const found = this.told[side === "forward" ? "values" : "gradients"][box.id];
    return found ? { mathml: found[0], text: found[1] } : null;
  }

  /** What formulas call a box, where that is not its name. */
  letter(box) {
    return this.told.letters[box.id] ?? "";
  }

  /** The formula to be written on a box, with its size; null if the mode is off, or it has none that fits. */
  shown(box, side) {
    const found = this.on && box ? this.of(box, side) : null;
    if (!found) return null;
    const size = this.measured(found.mathml);
    return size.width > WIDEST ? null : { ...found, ...size };
  }

  measured(mathml) {
    if (!this.sizes.has(mathml)) {
      const element = setFormula(mathml);
      this.bench.replaceChildren(element);
      const { width, height } = element.getBoundingClientRect();
      this.sizes.set(mathml, { width: Math.ceil(width) + 2, height: Math.ceil(height) });
      this.bench.replaceChildren();
    }
    return this.sizes.get(mathml);
  }

  // ------------------------------------------------------------------------------ the derivation

  /** The gradients with a name, in the order in which the backward pass completes them. */
  inOrder() {
    const known = this.scene.boxes.filter((box) => this.of(box, "backward") && !this.of(box, "backward").text.startsWith("="));
    const lines = known.map((box) => ({ box, step: completedAt(box), ...this.of(box, "backward") }));
    return lines.filter(({ step }) => step < Infinity).sort((a, b) => a.step - b.step);
  }

  /** The lines that stand after so many steps, the newest marked, with the button that shows each. */
  derivation(at, go) {
    const lines = this.lines.filter(({ step }) => step <= at);
    const newest = lines.at(-1)?.step === at ? at : null;
    return lines.map((line) => {
      const item = html("button", { type: "button", class: `line${line.step === newest ? " newest" : ""}` }, [math(line.mathml, line.text)]);
      item.addEventListener("click", () => go(line.box.id));
      return item;
    });
  }

  /** Notes on names, and on what there was no formula for. */
  remarks() {
    const late = Object.keys(this.told.untold).length;
    const reasons = [...new Set(Object.values(this.told.untold))];
    const missing = late ? [`${late} gradient${late === 1 ? " has" : "s have"} no formula: ${reasons.join("; ")}.`] : [];
    return [...this.told.notes, ...missing];
  }
}

/** The step after which a gradient has all its parts. */
function completedAt(box) {
  return box.arrivals.length ? Math.max(...box.arrivals) : Infinity;
}

/** A formula as an element whose size is that of what is written. */
function setFormula(mathml) {
  const parsed = new DOMParser().parseFromString(mathml, "text/html").querySelectorAll("math");
  return html("div", { class: "formula" }, [...parsed]);
}

/** A formula on the drawing, around a point. */
function drawFormula({ mathml, text, width, height }, x, y) {
  const place = svg("foreignObject", { class: "formula-place", x: x - width / 2, y: y - height / 2, width, height });
  place.append(setFormula(mathml));
  place.append(svg("title", {}, [text]));
  return place;
}

// ------------------------------------------------------------------------------- lines of a formula

/** Break what is wider than its element before operators, the outermost ones first; a browser breaks no formula. */
function breakLines(element) {
  const waiting = element.scrollWidth > element.clientWidth ? [...element.querySelectorAll("math")] : [];
  const room = element.clientWidth - parseFloat(getComputedStyle(element).paddingLeft);
  while (waiting.length) {
    const formula = waiting.pop();
    const parts = formula.getBoundingClientRect().width > room ? partsOf(formula) : [];
    if (parts.length) formula.replaceWith(...parts);
    waiting.push(...parts);
  }
}

/** A formula cut at its outermost operators, or else at those in its longest row; nothing where there are none. */
function partsOf(formula) {
  let terms = [...formula.children];
  for (;;) {
    const parts = cutBeforeOperators(terms);
    const rows = terms.filter((term) => term.localName === "mrow");
    if (parts.length > 1) return parts.map(formulaOf);
    if (!rows.length) return [];
    const longest = rows.reduce((a, b) => (b.textContent.length > a.textContent.length ? b : a));
    terms = terms.flatMap((term) => (term === longest ? termsOf(term) : [term]));
  }
}

function cutBeforeOperators(terms) {
  const parts = [[]];
  for (const term of terms) {
    const cuts = term.localName === "mo" && !term.hasAttribute("form") && parts.at(-1).length;
    const comma = term.textContent === ",";
    if (cuts && !comma) parts.push([]);
    parts.at(-1).push(term);
    if (cuts && comma) parts.push([]);
  }
  return parts.filter((part) => part.length);
}

/** What is in a row, which may then stand anywhere in another: an operator at its end is not between two terms. */
function termsOf(row) {
  const terms = [...row.children];
  if (terms.length === 1) return terms;
  if (terms[0].localName === "mo") terms[0].setAttribute("form", "prefix");
  if (terms.at(-1).localName === "mo") terms.at(-1).setAttribute("form", "postfix");
  return terms;
}

function formulaOf(terms) {
  const formula = document.createElementNS("http://www.w3.org/1998/Math/MathML", "math");
  formula.setAttribute("display", "block");
  if (terms[0].localName === "mo" && !terms[0].hasAttribute("form")) terms[0].setAttribute("form", "infix");
  formula.append(...terms);
  return formula;
}
