// A training run: norms per layer over the steps, as lines and as a heat map, so that gradients that
// vanish or explode are seen at a glance.

const CHART = { width: 900, height: 260, left: 64, right: 16, top: 12, bottom: 28 };
const COLUMNS = 150; // more steps than this share a column
const CELL = { least: 4, height: 16, label: 190 };

class RunView {
  constructor(element, run, go) {
    Object.assign(this, { element, run, go, kind: "gradients" });
    if (!Object.keys(run.gradients ?? {}).length) this.kind = "activations";
    for (const button of element.querySelectorAll("[data-kind]")) {
      button.hidden = !Object.keys(run[button.dataset.kind] ?? {}).length;
      button.addEventListener("click", () => this.show(button.dataset.kind));
    }
  }

  show(kind = this.kind) {
    this.kind = kind;
    for (const button of this.element.querySelectorAll("[data-kind]")) {
      button.setAttribute("aria-pressed", button.dataset.kind === kind);
    }
    const layers = layersOf(this.run[kind]);
    const range = rangeOf(layers);
    this.element.querySelector("#verdict").textContent = verdict(layers, kind);
    this.element.querySelector("#lines").replaceChildren(lines(layers, range));
    this.element.querySelector("#heat").replaceChildren(heatMap(layers, (layer) => this.go(layer)), heatKey(layers));
    this.element.querySelector("#telling-run").textContent = "";
    for (const part of this.element.querySelectorAll("[data-layer]")) {
      part.addEventListener("pointerenter", () => this.highlight(part));
    }
  }

  /** Tell the number under the pointer and lift its layer's line. */
  highlight(part) {
    const { layer, told } = part.dataset;
    this.element.querySelector("#telling-run").textContent = told ?? layer;
    for (const line of this.element.querySelectorAll("polyline")) {
      line.classList.toggle("lit", line.dataset.layer === layer);
    }
  }
}

// --------------------------------------------------------------------------------------- data

/** Layers in order, with at most COLUMNS columns: {layer, place, columns: [{from, to, norm}]}. */
function layersOf(norms) {
  const entries = Object.entries(norms ?? {});
  return entries.map(([layer, all], i) => {
    const wide = Math.max(1, Math.ceil(all.length / COLUMNS));
    const columns = [];
    for (let from = 0; from < all.length; from += wide) {
      const part = all.slice(from, from + wide);
      columns.push({ from: from + 1, to: from + part.length, norm: loudest(part) });
    }
    return { layer, place: entries.length > 1 ? i / (entries.length - 1) : 0, columns };
  });
}

/** The greatest norm of several steps; null where there was none, Infinity where it overflowed. */
function loudest(part) {
  const known = part.filter((norm) => norm !== null).map(Number);
  return known.length ? Math.max(...known) : null;
}

function positive(layers) {
  return layers.flatMap(({ columns }) => columns.map(({ norm }) => norm)).filter((norm) => norm > 0 && norm < Infinity);
}

/** Decades from below the least to above the greatest norm. */
function rangeOf(layers) {
  const found = positive(layers).map(Math.log10);
  if (!found.length) return [-1, 1];
  const low = Math.floor(Math.min(...found) + 1e-9);
  return [low, Math.max(low + 1, Math.ceil(Math.max(...found) - 1e-9))];
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

/** One sentence on the last step that is known. */
function verdict(layers, kind) {
  const last = layers.map(({ layer, columns }) => ({ layer, norm: columns.at(-1)?.norm }));
  const infinite = last.find(({ norm }) => norm === Infinity);
  if (infinite) return `At the last step the norm of ${infinite.layer} is infinite: ${kind} exploded.`;
  const known = last.filter(({ norm }) => norm !== null && norm !== undefined).sort((a, b) => a.norm - b.norm);
  if (!known.length) return `No ${kind} were recorded at the last step.`;
  const [least, most] = [known[0], known.at(-1)];
  const factor = least.norm ? `a factor of ${numberText(Number((most.norm / least.norm).toPrecision(2)))}` : "some vanished";
  return `Last step: least ${numberText(least.norm)} (${least.layer}), greatest ${numberText(most.norm)} (${most.layer}); ${factor}.`;
}

// -------------------------------------------------------------------------------------- lines

function lines(layers, [low, high]) {
  const { width, height, left, right, top, bottom } = CHART;
  const steps = Math.max(1, ...layers.map(({ columns }) => columns.length));
  const x = (i) => left + ((width - left - right) * i) / Math.max(1, steps - 1);
  const y = (norm) => top + ((height - top - bottom) * (high - Math.log10(norm))) / (high - low);
  const chart = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "norm of each layer over the steps, logarithmic" });
  const every = Math.max(1, Math.ceil((high - low) / 6));
  for (let decade = low; decade <= high; decade += every) {
    chart.append(svg("path", { class: "grid", d: `M${left} ${y(10 ** decade)}H${width - right}` }));
    chart.append(svg("text", { class: "tick", x: left - 8, y: y(10 ** decade) + 4, "text-anchor": "end" }, [powerOfTen(decade)]));
  }
  for (const { layer, place, columns } of layers) {
    for (const run of unbroken(columns)) chart.append(line(layer, place, run.map(([i, norm]) => [x(i), y(norm)])));
  }
  const axis = layers[0]?.columns ?? [];
  for (const i of new Set([0, Math.floor((axis.length - 1) / 2), axis.length - 1])) {
    if (axis[i]) chart.append(svg("text", { class: "tick", x: x(i), y: height - 8, "text-anchor": i ? (i === axis.length - 1 ? "end" : "middle") : "start" }, [`step ${axis[i].to}`]));
  }
  return chart;
}

function line(layer, place, points) {
  const shown = points.length > 1 ? points : [points[0], [points[0][0] + 3, points[0][1]]];
  const element = svg("polyline", { points: shown.map((p) => p.map(round).join(",")).join(" "), "data-layer": layer }, [svg("title", {}, [layer])]);
  element.style.setProperty("--place", `${Math.round(100 * place)}%`);
  return element;
}

/** Stretches of columns that a logarithmic axis can show, as [column, norm]. */
function unbroken(columns) {
  const runs = [[]];
  columns.forEach(({ norm }, i) => {
    if (norm > 0 && norm < Infinity) runs.at(-1).push([i, norm]);
    else if (runs.at(-1).length) runs.push([]);
  });
  return runs.filter((run) => run.length);
}

function powerOfTen(decade) {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  return `10${decade < 0 ? "⁻" : ""}${[...String(Math.abs(decade))].map((d) => digits[d]).join("")}`;
}

// ------------------------------------------------------------------------------------ heat map

/** Cold where a norm is far below the median of all, hot where it is far above. */
function heatMap(layers, go) {
  const found = positive(layers).map(Math.log10);
  const middle = found.length ? median(found) : 0;
  const reach = Math.max(3, ...found.map((norm) => Math.abs(norm - middle)));
  const steps = Math.max(1, ...layers.map(({ columns }) => columns.length));
  const wide = Math.max(CELL.least, (CHART.width - CELL.label) / steps);
  const map = svg("svg", {
    class: "heatmap", viewBox: `0 0 ${CELL.label + wide * steps} ${CELL.height * layers.length}`, role: "img",
    "aria-label": "norm by layer and step, cold below the median and hot above",
  });
  layers.forEach(({ layer, columns }, row) => {
    const label = svg("text", { class: "layer", x: CELL.label - 8, y: row * CELL.height + 12, "text-anchor": "end", "data-layer": layer }, [short(layer, 28)]);
    label.addEventListener("click", () => go(layer));
    map.append(label);
    columns.forEach((column, i) => map.append(cell(layer, column, (column.norm > 0 ? Math.log10(column.norm) - middle : -reach) / reach, {
      x: round(CELL.label + i * wide), y: row * CELL.height + 0.5, width: round(wide + 0.3), height: CELL.height - 1,
    })));
  });
  return map;
}

function cell(layer, { from, to, norm }, warmth, place) {
  const kind = norm === null ? "none" : norm === Infinity ? "infinite" : warmth < 0 ? "cold" : "warm";
  const steps = from === to ? `step ${to}` : `steps ${from}–${to}`;
  const told = `${layer}, ${steps}: ${norm === null ? "nothing recorded" : norm === Infinity ? "infinite" : numberText(norm)}`;
  const element = svg("rect", { ...place, class: `cell ${kind}`, "data-layer": layer, "data-told": told });
  element.style.setProperty("--heat", `${Math.round(100 * Math.min(1, Math.abs(warmth)))}%`);
  return element;
}

function heatKey(layers) {
  const found = positive(layers);
  if (!found.length) return "";
  return html("p", { class: "key" }, [
    html("span", {}, [`vanishing ${numberText(Math.min(...found))}`]), html("span", { class: "scale both" }),
    html("span", {}, [`${numberText(Math.max(...found))} exploding`]),
  ]);
}
