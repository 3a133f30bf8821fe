// The details at the side: everything about what is selected.

class Details {
  /** @param {(id: number) => void} go selects a box wherever it is folded */
  constructor(element, scene, formulas, go) {
    Object.assign(this, { element, scene, formulas, go });
    new ResizeObserver(() => this.markWide()).observe(element); // as a sheet it is not there at first
    this.summary();
  }

  show(children) {
    this.element.replaceChildren(...children.flat(Infinity).filter(Boolean));
    this.element.scrollTop = 0;
    this.markWide();
    this.element.querySelector(".newest")?.scrollIntoView({ block: "nearest" });
  }

  /** Break formulas into lines; what is wider than there is room for even so is seen to be, and keys scroll it. */
  markWide() {
    for (const part of this.element.querySelectorAll(".math, .rows")) {
      if (part.matches(".math")) breakLines(part);
      const wide = part.scrollWidth > part.clientWidth;
      part.classList.toggle("wide", wide);
      if (wide && !part.closest(".line")) part.setAttribute("tabindex", 0);
      else part.removeAttribute("tabindex");
    }
  }

  // ------------------------------------------------------------------------------- the scene

  /** What is shown while nothing is selected. */
  summary() {
    const { scene } = this;
    const ops = scene.boxes.filter((box) => !isLeaf(box));
    const parameters = scene.boxes.filter((box) => box.kind === "parameter");
    const kept = new Set(scene.backward.flatMap((id) => savedBoxes(scene.boxes[id])));
    this.show([
      html("h2", {}, [scene.title || "Graph"]),
      scene.note && html("p", { class: "note" }, [scene.note]),
      scene.formula ? [heading("Derived"), math(scene.formula, scene.caption?.join("\n"))] : null,
      this.derivation(Infinity),
      facts({
        Operations: numberText(ops.length),
        "Module calls": scene.calls.length ? numberText(scene.calls.length) : null,
        Parameters: `${elements(parameters)} in ${parameters.length}`,
        "Saved for backward": `${numberText(kept.size)} value${kept.size === 1 ? "" : "s"}, ${bytesText(bytesOf([...kept].map((id) => scene.boxes[id])))}`,
        Forward: scene.profiled ? secondsText(seconds(ops, "forward_seconds")) : null,
        Backward: scene.profiled ? secondsText(seconds(ops, "backward_seconds")) : null,
      }),
      html("p", { class: "hint" }, ["Click a box for its numbers. ← and → step through both passes; ? shows all keys."]),
    ]);
  }

  /** The derivation as far as so many steps lead. */
  derivation(at) {
    const { formulas } = this;
    if (formulas.told.why) return [heading("Formulas"), html("p", { class: "missing" }, [`None were derived: ${formulas.told.why}`])];
    if (!formulas.on) return null;
    const lines = formulas.derivation(at, this.go);
    const remarks = formulas.remarks().map((remark) => html("p", { class: "note" }, [remark]));
    return [heading("The derivation"), lines.length ? lines : html("p", { class: "note" }, ["It begins with the backward pass."]), ...remarks];
  }

  // ------------------------------------------------------------------------------- one step

  /** What a step takes and what it makes, as it looks before and after. */
  step(step, at) {
    const { boxes } = this.scene;
    const looked = (ids, side, note = () => "") => ids.flatMap((id) => {
      const name = `${side === "gradient" ? "∂" : ""}${boxLabel(boxes[id])}`;
      const seen = looks(boxes[id][`${side}_sample`], name);
      return seen.length ? [html("h4", {}, [name, html("span", { class: "kind" }, [note(boxes[id])])]), seen[0]] : [];
    });
    const sums = (box) => (box.arrivals.some((arrival) => arrival > at) ? "when all its parts have come" : "");
    const [before, after] = step.pass === "forward"
      ? [looked(step.inputs, "value"), looked([step.box.id], "value")]
      : [[...looked([step.box.id], "gradient"), ...looked(step.reads, "value")], looked(step.adds, "gradient", sums)];
    const parts = { "Before the step": before, "After the step": after };
    return Object.entries(parts).flatMap(([title, seen]) => (seen.length ? [heading(title), ...seen] : []));
  }

  // ------------------------------------------------------------------------------- one value

  /** @param taken the step that led here, with the number of steps, {step, at}; or nothing */
  box(box, taken = null) {
    const { scene } = this;
    const rule = scene.rules[box.op];
    this.show([
      html("h2", {}, [html("span", {}, breakable(boxLabel(box))), html("span", { class: "kind" }, [isLeaf(box) ? box.kind : box.name ? box.op : box.family])]),
      this.scene.calls[box.call] && html("p", { class: "path" }, [placeText(this.scene.calls[box.call], this.scene.calls)]),
      taken && [this.derivation(taken.at), this.step(taken.step, taken.at)],
      box.line && html("p", { class: "source" }, [html("span", {}, [box.line]), html("code", {}, [box.source ?? ""])]),
      facts({
        Shape: shapeText(box.shape), Type: box.dtype, Memory: bytesText(box.bytes),
        [scene.quantity]: numbersText(box.numbers), Note: box.label, Settings: box.settings, Constant: box.text, Holds: box.parts?.join(", "),
        "Time forward": isLeaf(box) ? null : secondsText(box.forward_seconds),
        "Time backward": isLeaf(box) || !box.differentiable ? null : secondsText(box.backward_seconds),
      }),
      this.formulasOf(box),
      rule && [heading("Equation"), math(rule.equation, rule.text)],
      rule && this.gradientRules(rule),
      box.wires.length ? [heading("Inputs"), this.list(box.wires, (wire) => [wire.source, wire.operand, wire.note])] : null,
      box.uses.length ? [heading("Used by"), this.list(box.uses, (use) => [use.target, `as ${use.operand}`, use.note])] : null,
      this.saved(box),
      heading("Value"), looks(box.value_sample, boxLabel(box)), statistics(box.value, "no statistics were taken"),
      heading("Gradient"), this.gradient(box),
    ]);
  }

  /** The formulas of a value and its gradient in terms of other names, and why there is none. */
  formulasOf(box) {
    const { formulas } = this;
    const found = ["forward", "backward"].map((side) => formulas.of(box, side)).filter(Boolean);
    const { untold, unwritten } = formulas.told;
    const missing = Object.entries({ value: unwritten[box.id], gradient: untold[box.id] }).filter(([, why]) => why);
    const letter = formulas.letter(box);
    const parts = [
      ...found.map(({ mathml, text }) => math(mathml, text)),
      letter && html("p", { class: "note" }, [`${letter} stands for ${box.name || "this value"}.`]),
      ...missing.map(([what, why]) => html("p", { class: "missing" }, [`The ${what} has no formula: ${why}.`])),
    ].filter(Boolean);
    return parts.length ? [heading("Formulas"), ...parts] : null;
  }

  gradientRules(rule) {
    const rules = Object.values(rule.gradients ?? {});
    return rules.length ? [heading("Gradient rule"), ...rules.map((told) => math(told.mathml, told.text))] : null;
  }

  saved(box) {
    if (!box.saved.length) return null;
    return [heading("Saved for backward"), this.list(box.saved, (position) => {
      const id = savedBox(box, position);
      return [id, box.wires[position]?.operand ?? "the result", bytesText(this.scene.boxes[id].bytes)];
    })];
  }

  gradient(box) {
    const note = box.accumulates > 1 ? html("p", { class: "note" }, [`The sum of ${box.accumulates} contributions.`]) : null;
    const missing = box.has_gradient ? "no statistics were taken" : "not computed";
    return [note, looks(box.gradient_sample, `∂${boxLabel(box)}`), statistics(box.gradient, missing)].flat().filter(Boolean);
  }

  /** Links to boxes; describe gives [box id, word, note]. */
  list(entries, describe) {
    const rows = entries.slice(0, 40).map((entry) => {
      const [id, word, note] = describe(entry);
      const box = this.scene.boxes[id];
      if (!box) return html("li", {}, [word]);
      const link = html("button", { type: "button", class: "link" }, [boxLabel(box)]);
      link.addEventListener("click", () => this.go(id));
      const before = word ? [html("span", { class: "operand" }, [word])] : [];
      return html("li", {}, [...before, link, html("span", { class: "dim" }, [note || shapeText(box.shape)])]);
    });
    if (entries.length > 40) rows.push(html("li", { class: "dim" }, [`and ${entries.length - 40} more`]));
    return html("ul", {}, rows);
  }

  // ------------------------------------------------------------------------------ a group

  item(item, isOpen, toggle) {
    const leaves = leavesOf(item.boxes, this.scene).filter((box) => box.kind === "parameter");
    const button = html("button", { type: "button", class: "wide" }, [isOpen ? "Fold" : "Unfold"]);
    button.addEventListener("click", toggle);
    const broken = item.boxes.find((box) => isBroken(box.value) || isBroken(box.gradient));
    this.show([
      html("h2", {}, [itemLabel(item), html("span", { class: "kind" }, [item.kind])]),
      item.call && html("p", { class: "path" }, [item.kind === "module" ? placeText(item.call, this.scene.calls) : pathOf(item)]),
      button,
      facts({
        Operations: numberText(item.boxes.length),
        [this.scene.quantity]: numbersText(ownNumbers(item.boxes, item.call)), Note: item.call?.label,
        "Made of": item.kind === "repeat" ? `${item.copies} equal parts` : null,
        Parameters: leaves.length ? `${elements(leaves)} in ${leaves.length}` : null,
        "Memory of values": bytesText(bytesOf(item.boxes)),
        "Time forward": this.scene.profiled ? secondsText(seconds(item.boxes, "forward_seconds")) : null,
        "Time backward": this.scene.profiled ? secondsText(seconds(item.boxes, "backward_seconds")) : null,
      }),
      broken && html("p", { class: "alarm" }, [`${boxLabel(broken)} (#${broken.id}) holds NaN or infinity.`]),
      leaves.length ? [heading("Parameters, norm of ∂"), this.list(leaves, (box) => [box.id, "", box.gradient ? numberText(box.gradient.norm) : "not computed"])] : null,
    ]);
  }
}

// --------------------------------------------------------------------------------- small parts

function heading(text) {
  return html("h3", {}, [text]);
}

function facts(pairs) {
  const rows = Object.entries(pairs).filter(([, value]) => value);
  return html("dl", {}, rows.map(([key, value]) => [html("dt", {}, [key]), html("dd", {}, [value])]));
}

/** A formula as MathML; as text where there is none. */
function math(mathml, text = "") {
  const parsed = new DOMParser().parseFromString(mathml || "", "text/html").querySelectorAll("math");
  const shown = parsed.length ? [...parsed] : [html("code", {}, [text])];
  return html("div", { class: "math", title: text }, shown);
}

function statistics(told, missing) {
  if (!told) return html("p", { class: "missing" }, [missing]);
  const counts = { zeros: told.zeros, NaN: told.nans, infinite: told.infs };
  const present = Object.entries(counts).filter(([, count]) => count);
  const share = (count) => `${numberText(count)} (${((100 * count) / told.count).toPrecision(3)} %)`;
  return html("div", { class: "statistics" }, [
    histogram(told),
    facts({
      Minimum: numberText(told.min), Mean: numberText(told.mean), Maximum: numberText(told.max),
      Deviation: numberText(told.std), Norm: numberText(told.norm), Elements: numberText(told.count),
      ...Object.fromEntries(present.map(([key, count]) => [key, share(count)])),
    }),
  ]);
}

function histogram({ histogram: counts, low, high }) {
  if (!counts?.length) return "";
  const tallest = Math.max(...counts);
  const wide = 240 / counts.length;
  const bars = counts.map((count, i) => {
    const height = (44 * count) / tallest;
    const from = low + ((high - low) * i) / counts.length;
    const bar = svg("rect", { x: i * wide + 0.5, y: 48 - height, width: wide - 1, height });
    bar.append(svg("title", {}, [`from ${numberText(from)} to ${numberText(from + (high - low) / counts.length)}`]));
    return bar;
  });
  const zero = low < 0 && high > 0 ? (-low / (high - low)) * 240 : null;
  const mark = zero === null ? [] : [svg("path", { class: "zero", d: `M${zero} 0V48` })];
  return html("figure", {}, [
    svg("svg", { class: "histogram", viewBox: "0 0 240 48", preserveAspectRatio: "none" }, [...bars, ...mark]),
    html("figcaption", {}, [html("span", {}, [numberText(low)]), html("span", {}, [numberText(high)])]),
  ]);
}

function elements(boxes) {
  return boxes.reduce((all, box) => all + box.shape.reduce((a, b) => a * b, 1), 0).toLocaleString("en");
}

function bytesOf(boxes) {
  return boxes.reduce((all, box) => all + box.bytes, 0);
}

function seconds(boxes, pass) {
  const known = boxes.map((box) => box[pass]).filter((value) => value != null);
  return known.length ? known.reduce((a, b) => a + b) : null;
}

function leavesOf(boxes, scene) {
  const sources = new Set(boxes.flatMap((box) => box.wires.map((wire) => wire.source)));
  return [...sources].map((id) => scene.boxes[id]).filter(isLeaf);
}

/** A name that may be broken after its underscores, where it does not fit in one line. */
function breakable(name) {
  return name.split(/(?<=_)/).flatMap((part) => [part, html("wbr")]);
}
