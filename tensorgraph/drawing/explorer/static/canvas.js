// The drawing surface: draws a view, keeps the camera (pan, zoom, fit), and the minimap.

const ZOOM = { least: 0.02, most: 4, step: 1.25, readable: 0.55, together: 0.4 };
const MAP = 150; // its height
const MARGIN = 30; // around the drawing

class Canvas {
  /** @param {HTMLElement} stage holds the svg and the minimap */
  constructor(stage, scene, formulas) {
    this.stage = stage;
    this.scene = scene;
    this.formulas = formulas;
    this.svg = stage.querySelector("#graph");
    this.world = stage.querySelector("#world");
    this.map = stage.querySelector("#minimap");
    this.look({ x: 0, y: 0, scale: 1 });
    this.backward = scene.backward.length > 0;
    this.listen();
  }

  // ---------------------------------------------------------------------------------- drawing

  /** Draw the scene with these items open. */
  draw(open) {
    const view = viewOf(this.scene, open);
    measureTiles(view, this.scene, this.formulas);
    const plan = arrange(view);
    Object.assign(this, { view, plan, elements: new Map(), gradients: new Map(), pills: [] });
    this.axis = plan.width + SIZE.aisle / 2;
    const layers = Array.from({ length: 5 }, () => svg("g"));
    const [outlines, saved, links, titles, tiles] = layers;
    this.drawOutlines(outlines, titles);
    this.drawLinks(links, saved);
    for (const tile of view.tiles) this.drawTile(tiles, tile);
    this.world.replaceChildren(...layers);
    this.extent = { width: this.backward ? 2 * this.axis : plan.width, height: plan.height };
    this.drawMap();
  }

  /** x of the gradient that belongs to what stands at x. */
  mirror(x) {
    return 2 * this.axis - x;
  }

  drawOutlines(outlines, titles) {
    for (const [item, { x, y, width, height }] of this.plan.outlines) {
      if (!item.parent) continue;
      const sides = { forward: x };
      if (this.backward && item.boxes.some((box) => box.differentiable)) sides.backward = this.mirror(x) - width;
      for (const [side, left] of Object.entries(sides)) {
        outlines.append(svg("rect", { class: `outline ${side}`, x: left, y, width, height, rx: 10 }));
        titles.append(this.title(item, left, y, width, side));
      }
    }
  }

  /** What is written on an outline, with the sign that folds it. */
  title(item, x, y, width, side) {
    const label = side === "forward" ? itemLabel(item) : `∂ ${itemLabel(item)}`;
    const path = ending(this.place(item), Math.max(8, (width - textWidth(label, "title") - 50) / 6));
    const title = svg("text", { class: "title", x: x + 12, y: y + 19 }, [label, svg("tspan", { class: "path", dx: 8 }, [path])]);
    const fold = svg("text", { class: "fold", x: x + width - 16, y: y + 19 }, ["−"]);
    return svg("g", { class: "heading", "data-key": item.key }, [title, fold]);
  }

  /** Where the modules of an item stand, and which of several calls of one it is. */
  place(item) {
    const turn = item.kind === "module" ? turnText(item.call) : "";
    return [pathOf(item), turn].filter(Boolean).join("  ");
  }

  drawLinks(links, saved) {
    for (const [link, points] of this.plan.routes) {
      links.append(drawLink(link, points, "forward"), ...this.notesOf(link, points));
      if (!this.backward || !link.gradient) continue;
      const back = points.map(([x, y]) => [this.mirror(x), y]).reverse();
      links.append(drawLink(link, back, "backward"));
    }
    for (const link of this.backward ? this.view.savedLinks : []) {
      const to = this.plan.places.get(link.target);
      const there = { x: this.mirror(to.x), y: to.y };
      saved.append(drawSaved(link, this.plan.places.get(link.source), there, this.scene));
    }
  }

  /** What happens on the way of a link, beside its line: to the left where the frame ends to the right. */
  notesOf({ source, target, notes, noteWidth }, points) {
    const [x, y] = points[Math.floor((points.length - 1) / 2)];
    const frame = this.plan.outlines.get(commonGroup(source.group, target.group));
    const at = x + noteWidth > frame.x + frame.width ? { x: x - 5, "text-anchor": "end" } : { x: x + 5 };
    return notes.map((text, i) => svg("text", { class: "note", ...at, y: y + 12 + 11 * i }, [text]));
  }

  drawTile(layer, tile) {
    const place = this.plan.places.get(tile);
    this.addTile(layer, tile, place, "forward", this.elements);
    if (!this.backward || !tile.differentiable) return;
    const there = { x: this.mirror(place.x), y: place.y };
    this.addTile(layer, tile, there, "backward", this.gradients);
  }

  addTile(layer, tile, place, side, elements) {
    const element = drawTile(tile, place, side);
    elements.set(tile.key, element);
    const pills = drawPills(tile, place, side, this.scene);
    this.pills.push(...pills);
    layer.append(...pills.map((pill) => pill.element), element);
  }

  // ----------------------------------------------------------------------------------- camera

  listen() {
    this.svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      const factor = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016));
      const { left, top } = this.stage.getBoundingClientRect();
      this.zoom(factor, event.clientX - left, event.clientY - top);
    }, { passive: false });
    this.listenToPointers();
    this.map.addEventListener("pointerdown", (event) => this.jump(event));
    this.map.addEventListener("pointermove", (event) => event.buttons && this.jump(event));
    new ResizeObserver(() => this.apply()).observe(this.stage);
  }

  /** One pointer moves the drawing; two, as fingers are, move it and zoom. */
  listenToPointers() {
    const held = new Map();
    let moved = 0;
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      if (!held.size) moved = 0;
      held.set(event.pointerId, event);
    });
    window.addEventListener("pointermove", (event) => {
      if (!held.has(event.pointerId)) return;
      const before = grip(held, this.stage);
      moved += Math.abs(event.clientX - held.get(event.pointerId).clientX) + Math.abs(event.clientY - held.get(event.pointerId).clientY);
      held.set(event.pointerId, event);
      if (moved <= 3) return;
      this.svg.classList.add("dragging");
      const now = grip(held, this.stage);
      this.pan(now.x - before.x, now.y - before.y);
      if (before.spread && now.spread) this.zoom(now.spread / before.spread, now.x, now.y);
    });
    const release = (event) => {
      held.delete(event.pointerId);
      if (!held.size) setTimeout(() => this.svg.classList.remove("dragging"));
    };
    window.addEventListener("pointerup", release);
    window.addEventListener("pointercancel", release);
  }

  /** Show all of the drawing, or as much as stays readable, from the top. */
  fit() {
    this.look(this.fitted());
  }

  fitted() {
    const { room, extent: { width, height } } = this;
    const scale = Math.min((room.width - 60) / width, (room.height - 60) / height, 1.25);
    return { scale, x: (room.width - width * scale) / 2, y: Math.max(30, (room.height - height * scale) / 2) };
  }

  /** What is seen first: fit, unless the texts would be too small to be read; then where the drawing begins. */
  open() {
    const { room, extent: { width } } = this;
    const fitted = this.fitted();
    if (fitted.scale >= ZOOM.readable) return this.look(fitted);
    const scale = Math.max(Math.min((room.width - 60) / width, 1), ZOOM.readable);
    const [top] = [...this.plan.places.values()].sort((a, b) => a.y - b.y);
    this.look({ scale, x: kept(room.width / 2 - top.x * scale, room.width, width * scale), y: MARGIN });
  }

  zoom(factor, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    const { camera } = this;
    const scale = Math.min(ZOOM.most, Math.max(ZOOM.least, camera.scale * factor));
    const around = (at, origin) => at - ((at - origin) * scale) / camera.scale;
    this.look({ scale, x: around(x, camera.x), y: around(y, camera.y) });
  }

  /** Look as the reader asks for. */
  look(camera) {
    this.camera = camera;
    this.asked = camera.scale;
    this.apply();
  }

  pan(dx, dy) {
    this.camera.x += dx;
    this.camera.y += dy;
    this.apply();
  }

  /**
   * Bring a tile into sight, and with it others that belong to the step, each as [tile, side], as far as there is room:
   * some even if all must get smaller for that, some if not. Nothing moves where it is in sight already, and no more is
   * shown beside the drawing than must be.
   */
  reveal(tile, side = "forward", needed = [], wanted = []) {
    const { room, extent } = this;
    const together = this.widened(this.extentOf(tile, side), needed, Math.min(this.asked, ZOOM.together));
    const scale = Math.min(this.asked, Math.max(ZOOM.together, this.scaleFor(together)));
    const frame = this.widened(together, wanted, scale);
    if (this.isInSight(frame)) return;
    const x = kept(room.width / 2 - (frame.x + frame.width / 2) * scale, room.width, extent.width * scale);
    const y = kept(room.height / 2 - (frame.y + frame.height / 2) * scale, room.height, extent.height * scale);
    this.camera = { scale, x, y };
    this.apply();
  }

  /** A frame with those of others in it, the nearest first, as far as there is room for them at a scale. */
  widened(frame, others, scale) {
    const around = others.map(([tile, side]) => union(frame, this.extentOf(tile, side)));
    around.sort((a, b) => this.scaleFor(b) - this.scaleFor(a));
    return around.reduce((all, next) => (this.scaleFor(union(all, next)) >= scale ? union(all, next) : all), frame);
  }

  /** The greatest scale at which a frame has room. */
  scaleFor({ width, height }) {
    return Math.min((this.room.width - 16) / width, (this.room.height - 16) / height);
  }

  /** How large the stage is. */
  get room() {
    return { width: this.stage.clientWidth, height: this.stage.clientHeight };
  }

  /** Whether all of a tile is in sight on a side. */
  sees(tile, side) {
    return this.isInSight(this.extentOf(tile, side));
  }

  isInSight({ x, y, width, height }) {
    const [from, to] = [this.onScreen({ x, y }), this.onScreen({ x: x + width, y: y + height })];
    return from.x >= 0 && from.y >= 0 && to.x <= this.room.width && to.y <= this.room.height;
  }

  /** The rectangle that a tile takes on one side, with what is docked to it. */
  extentOf(tile, side) {
    const place = this.plan.places.get(tile);
    const mirrored = side === "backward" && this.backward && tile.differentiable;
    const x = mirrored ? this.mirror(place.x) - tile.right : place.x - tile.left;
    return { x, y: place.y - tile.height / 2, width: tile.left + tile.right, height: tile.height };
  }

  /** Where something of the drawing is on the screen. */
  onScreen({ x, y }) {
    return { x: x * this.camera.scale + this.camera.x, y: y * this.camera.scale + this.camera.y };
  }

  apply() {
    const { room, camera: { x, y, scale } } = this; // asked for first: after a change it would be laid out anew
    this.world.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    this.stage.classList.toggle("far", scale < 0.35);
    if (!this.window) return;
    const fits = this.extent.width * scale <= room.width && this.extent.height * scale <= room.height;
    this.map.toggleAttribute("hidden", fits);
    const seen = { x: -x / scale, y: -y / scale, width: room.width / scale, height: room.height / scale };
    for (const [name, value] of Object.entries(seen)) this.window.setAttribute(name, value);
  }

  // ---------------------------------------------------------------------------------- minimap

  /** The map is drawn once for a view; only its window moves. */
  drawMap() {
    const marks = { forward: "", backward: "" };
    for (const [tile, { x, y }] of this.plan.places) {
      const box = (middle) => `M${round(middle - tile.width / 2)} ${round(y - tile.high / 2)}h${tile.width}v${tile.high}h${-tile.width}z`;
      marks.forward += box(x);
      if (this.backward && tile.differentiable) marks.backward += box(this.mirror(x));
    }
    const paths = Object.entries(marks).map(([side, d]) => svg("path", { class: side, d }));
    this.window = svg("rect", { class: "window" });
    const shape = this.extent.width / this.extent.height;
    const wide = Math.min(180, Math.max(60, MAP * shape));
    Object.assign(this.map.style, { width: `${wide}px`, height: `${Math.min(MAP, wide / shape || MAP)}px` });
    this.map.setAttribute("viewBox", `0 0 ${this.extent.width} ${this.extent.height}`);
    this.map.replaceChildren(...paths, this.window);
  }

  /** Put what the map shows under the pointer into the middle. */
  jump(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.map.getScreenCTM().inverse());
    this.camera.x = this.stage.clientWidth / 2 - at.x * this.camera.scale;
    this.camera.y = this.stage.clientHeight / 2 - at.y * this.camera.scale;
    this.apply();
  }
}

/** Where a drawing of a size begins that would begin at a place: no emptier than a margin, in the middle if it fits. */
function kept(at, room, size) {
  if (size + 2 * MARGIN <= room) return (room - size) / 2;
  return Math.min(MARGIN, Math.max(room - MARGIN - size, at));
}

function union(a, b) {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return { x, y, width: Math.max(a.x + a.width, b.x + b.width) - x, height: Math.max(a.y + a.height, b.y + b.height) - y };
}

/** The middle of what pointers hold, on the stage, and how far two of them are apart. */
function grip(held, stage) {
  const { left, top } = stage.getBoundingClientRect();
  const points = [...held.values()].slice(0, 2).map(({ clientX, clientY }) => ({ x: clientX - left, y: clientY - top }));
  const [a, b = a] = points;
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, spread: Math.hypot(a.x - b.x, a.y - b.y) };
}
