// Puts the parts together: what is open and selected, the buttons, the keys, the theme.

class Explorer {
  constructor() {
    const find = (id) => document.getElementById(id);
    this.scene = readScene(find("data").textContent);
    this.open = openAtFirst(this.scene);
    this.selected = null; // {box} or {item}
    this.formulas = new Formulas(this.scene, find("bench"));
    this.canvas = new Canvas(find("stage"), this.scene, this.formulas);
    this.canvas.draw(this.open);
    this.colours = new Colours(this.scene, this.canvas, find("legend"));
    this.details = new Details(find("details"), this.scene, this.formulas, (id) => this.reveal({ box: this.scene.boxes[id] }));
    this.stepper = new Stepper(find("stepper"), this.scene, this.canvas, (step) => this.follow(step));
    this.search = new Search(find("search"), find("found"), find("none-found"), this.scene, (target) => this.reveal(target));
    this.run = this.scene.run ? new RunView(find("run"), this.scene.run, (layer) => this.goToLayer(layer)) : null;
    this.copying = new Copying(find("stage"), find("said"), this.scene.title);
    this.address = new Address(this);
    this.bindButtons(find);
    this.bindGraph();
    window.addEventListener("keydown", (event) => this.key(event));
    this.refresh();
    this.nameSheet();
    this.canvas.open();
    if (location.hash) this.address.read();
    if (this.run && !this.scene.boxes.length) this.toggleRun();
  }

  // ------------------------------------------------------------------------------- drawing

  /** Colour and mark what is drawn anew. */
  refresh() {
    this.colours.paint();
    this.stepper.mark();
    this.highlight();
    document.body.dataset.tiles = this.canvas.view.tiles.length;
  }

  /** Draw again with other items open; what was at a place of the screen stays there. */
  redraw(anchor = null) {
    const before = anchor && this.placeOf(anchor);
    const focused = this.canvas.world.contains(document.activeElement);
    this.canvas.draw(this.open);
    this.address.write();
    const after = anchor && this.placeOf(anchor);
    if (before && after) this.canvas.pan(before.x - after.x, before.y - after.y);
    this.refresh();
    this.canvas.apply();
    if (focused) this.focus(this.stop());
  }

  focus(tile) {
    this.canvas.elements.get(tile.key).focus({ preventScroll: true });
  }

  /** Where an item is on the screen: its tile, or the title of its outline. */
  placeOf(item) {
    const { plan, view } = this.canvas;
    const tile = view.tiles.find((t) => t.item === item);
    const outline = plan.outlines.get(item);
    const place = tile ? plan.places.get(tile) : outline && { x: outline.x + outline.width / 2, y: outline.y + 20 };
    return place ? this.canvas.onScreen(place) : null;
  }

  toggle(item) {
    if (!item || item.kind === "op" || !item.parent) return;
    if (this.open.has(item)) for (const inner of preorder(item)) this.open.delete(inner);
    else this.open.add(item);
    this.selected = { item };
    this.redraw(item);
    this.select({ item });
  }

  /** Unfold one level more everywhere, or fold the deepest. */
  level(deeper) {
    if (deeper) {
      const closed = this.canvas.view.tiles.map((tile) => tile.item).filter((item) => item?.children.length);
      for (const item of closed) this.open.add(item);
    } else {
      const deepest = Math.max(...[...this.open].map(depth));
      if (deepest === 0) return;
      for (const item of [...this.open]) if (depth(item) === deepest) this.open.delete(item);
    }
    this.redraw();
    this.canvas.open();
  }

  // ------------------------------------------------------------------------------ selection

  /** @param taken the step that led here, {step, at}; or nothing */
  select(target, taken = null) {
    this.selected = target;
    const { box, item } = target ?? {};
    if (box) this.details.box(box, taken);
    else if (item?.kind === "op") this.details.box(item.box);
    else if (item) this.details.item(item, this.open.has(item), () => this.toggle(item));
    else this.details.summary();
    this.highlight();
    this.address.write();
    this.nameSheet();
  }

  /** Where the details are folded away it is still told of what they are. */
  nameSheet() {
    document.querySelector("#sheet span").textContent = document.querySelector("#details h2").firstChild.textContent;
  }

  /** Outline what is selected and light its lines. */
  highlight() {
    const { canvas, selected } = this;
    const tile = this.selectedTile();
    for (const [key, element] of [...canvas.elements, ...canvas.gradients]) element.classList.toggle("selected", key === tile?.key);
    const stop = this.stop();
    for (const [key, element] of canvas.elements) element.setAttribute("tabindex", key === stop?.key ? 0 : -1);
    for (const { element, boxes } of canvas.pills) element.classList.toggle("selected", boxes.includes(selected?.box));
    for (const line of canvas.world.querySelectorAll("path.link, path.saved")) {
      line.classList.toggle("lit", Boolean(tile) && [line.dataset.source, line.dataset.target].includes(tile.key));
    }
  }

  selectedTile() {
    const { view } = this.canvas;
    const { box, item } = this.selected ?? {};
    if (box) return view.tileOf.get(box.id);
    return item && view.tiles.find((tile) => tile.item === item);
  }

  /** The one tile at which the tab key stops, and from which ↓ and ↑ go on: in what is selected, or the first. */
  stop() {
    const { tiles } = this.canvas.view;
    const { item } = this.selected ?? {};
    return this.selectedTile() ?? tiles.find((tile) => item && ancestors(tile.item).includes(item)) ?? tiles[0];
  }

  /** The tile on which a box is seen: its own, a folded one, or the one that it is docked to. */
  tileShowing(box) {
    return this.canvas.view.tileOf.get(box.id) ?? this.canvas.view.dockedOn.get(box.id)?.[0];
  }

  /** Unfold what hides a box or an item, bring it into sight and select it. */
  reveal({ box, item }) {
    const inside = box ? (isLeaf(box) ? this.scene.boxes[box.uses[0]?.target] : box)?.item : item;
    const hidden = ancestors(inside?.parent).filter((group) => !this.open.has(group));
    for (const group of hidden) this.open.add(group);
    if (hidden.length) this.redraw();
    const tile = box ? this.tileShowing(box) : this.canvas.view.tiles.find((t) => t.item === item || t.item?.parent === item);
    if (tile) this.canvas.reveal(tile);
    this.select(box ? { box } : { item });
  }

  /** Select the next or previous tile in the order of the forward pass. */
  walk(by) {
    const tiles = [...this.canvas.view.tiles].sort((a, b) => a.first - b.first);
    if (!tiles.length) return;
    const at = tiles.indexOf(this.stop()) + (this.selectedTile() ? by : 0);
    const tile = tiles[Math.min(tiles.length - 1, Math.max(0, at))];
    this.canvas.reveal(tile);
    this.select(tile.leaf ? { box: tile.leaf } : { item: tile.item });
    this.focus(tile);
  }

  /** The details and the camera follow the steps. */
  follow(step) {
    if (!step) return this.address.write();
    this.select({ box: step.box }, { step, at: this.stepper.at });
    const tile = this.canvas.view.tileOf.get(step.box.id);
    const tiles = (ids, side) => ids.map((id) => [this.canvas.view.tileOf.get(id), side]).filter(([other]) => other);
    this.canvas.reveal(tile, step.pass, [...tiles(step.inputs, "forward"), ...tiles(step.adds, "backward")], tiles(step.reads, "forward"));
  }

  goToLayer(path) {
    const dotted = (text) => `.${text.replaceAll("[", ".").replaceAll("]", "")}`; // "layers[0]" is "layers.0" to a Watch
    const named = (call) => call && dotted(call.path).endsWith(dotted(path));
    const item = preorder(this.scene.root).find((i) => named(i.call) || named(i.module));
    if (!item) return;
    this.toggleRun();
    this.reveal(item.kind === "op" ? { box: item.box } : { item });
  }

  // --------------------------------------------------------------------------------- input

  bindGraph() {
    const { svg: surface } = this.canvas;
    surface.addEventListener("click", (event) => {
      if (surface.classList.contains("dragging")) return;
      this.select(this.targetOf(event));
      if (this.selected) this.raiseSheet(true);
      if (event.target.closest(".fold")) this.toggle(this.selected?.item);
    });
    surface.addEventListener("dblclick", (event) => {
      if (!event.target.closest(".fold")) this.toggle(this.targetOf(event)?.item);
    });
  }

  /** What an event on the drawing points at. */
  targetOf(event) {
    const element = event.target.closest("[data-key], [data-box]");
    if (!element) return null;
    if (element.dataset.box) return { box: this.scene.boxes[element.dataset.box] };
    const { key } = element.dataset;
    const tile = this.canvas.view.tiles.find((t) => t.key === key);
    if (tile?.leaf) return { box: tile.leaf };
    return { item: tile?.item ?? this.canvas.view.groups.find((group) => group.key === key) };
  }

  bindButtons(find) {
    const on = (id, act) => find(id).addEventListener("click", act);
    const shown = (id, is) => (find(id).hidden = !is);
    on("fit", () => this.canvas.fit());
    on("in", () => this.canvas.zoom(ZOOM.step));
    on("out", () => this.canvas.zoom(1 / ZOOM.step));
    on("unfold", () => this.level(true));
    on("fold", () => this.level(false));
    on("theme", () => this.theme());
    on("help", () => find("keys").showModal());
    on("charts", () => this.toggleRun());
    on("mirror", () => this.mirror());
    on("close-keys", () => find("keys").close());
    on("close-run", () => this.toggleRun());
    on("formulas", () => this.setFormulas(!this.formulas.on, true));
    on("link", () => this.copyLink());
    on("copy", () => this.copying.picture());
    on("more", () => this.unrollTools());
    on("sheet", () => this.raiseSheet(!document.body.classList.contains("raised")));
    shown("formulas", this.formulas.present);
    shown("link", this.address.writable);
    shown("charts", this.run);
    shown("mirror", this.scene.backward.length);
    shown("stepper", this.scene.steps.length);
    const modes = this.colours.available();
    find("colour").append(...modes.map((mode) => html("option", { value: mode }, [MODES[mode]])));
    find("colour").value = this.colours.mode;
    find("colour").addEventListener("change", (event) => {
      this.colours.paint(event.target.value);
      event.target.blur();
    });
    const closers = [...document.querySelectorAll("dialog")];
    for (const dialog of closers) dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  nextColour() {
    const select = document.getElementById("colour");
    select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
    this.colours.paint(select.value);
  }

  /** Show or hide the backward half, if there is one, from the next drawing on. */
  setBackward(on) {
    this.canvas.backward = on && this.scene.backward.length > 0;
    document.getElementById("mirror").setAttribute("aria-pressed", this.canvas.backward);
  }

  mirror() {
    this.setBackward(!this.canvas.backward);
    this.redraw();
  }

  copyLink() {
    if (!this.address.writable) return;
    this.address.put();
    this.copying.link();
  }

  /** Write the formulas on the boxes or take them off; what is selected stays in its place. */
  setFormulas(on, redraws = false) {
    this.formulas.on = on && this.formulas.present;
    document.getElementById("formulas").setAttribute("aria-pressed", this.formulas.on);
    if (!redraws) return;
    this.redraw(this.selectedTile()?.item ?? null);
    if (this.stepper.on) this.stepper.go(this.stepper.at);
    else this.select(this.selected);
  }

  /** On a narrow screen: show the tools that have no room in one row, or hide them. */
  unrollTools() {
    const unrolled = document.body.classList.toggle("unrolled");
    document.getElementById("more").setAttribute("aria-expanded", unrolled);
  }

  /** On a narrow screen the details are a sheet that comes up from below; it does not lie on what is selected. */
  raiseSheet(up) {
    const { selected } = this;
    const tile = selected?.box ? this.tileShowing(selected.box) : this.selectedTile();
    const seen = tile && ["forward", "backward"].find((side) => this.canvas.sees(tile, side));
    document.body.classList.toggle("raised", up);
    document.getElementById("sheet").setAttribute("aria-expanded", up);
    if (seen) this.canvas.reveal(tile, seen);
  }

  toggleRun() {
    const dialog = document.getElementById("run");
    if (!this.run) return;
    if (dialog.open) return dialog.close();
    dialog.showModal();
    this.run.show();
  }

  /** Light to dark and back; at first the system decides. */
  theme() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    this.canvas.apply();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const dialog = document.querySelector("dialog[open]");
    if (dialog) return ["Escape", "?", "r"].includes(event.key) && (event.preventDefault(), dialog.close());
    const typed = event.target.matches("select, input[type=search]");
    const pressed = event.target.matches("button") && [" ", "Enter"].includes(event.key);
    const act = this.keys()[event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key];
    if (!act || typed || pressed) return;
    event.preventDefault();
    act();
  }

  keys() {
    const { canvas, stepper } = this;
    const pan = 80;
    return {
      ArrowRight: () => stepper.go(stepper.at + 1), ArrowLeft: () => stepper.go(stepper.at - 1),
      " ": () => stepper.play(), Home: () => stepper.go(0), End: () => stepper.go(this.scene.steps.length),
      ArrowDown: () => this.walk(1), ArrowUp: () => this.walk(-1),
      Enter: () => this.enter(), e: () => this.enter(),
      "]": () => this.level(true), "[": () => this.level(false),
      f: () => canvas.fit(), 0: () => canvas.open(), "+": () => canvas.zoom(ZOOM.step), "=": () => canvas.zoom(ZOOM.step), "-": () => canvas.zoom(1 / ZOOM.step),
      "Shift+ArrowLeft": () => canvas.pan(pan, 0), "Shift+ArrowRight": () => canvas.pan(-pan, 0),
      "Shift+ArrowUp": () => canvas.pan(0, pan), "Shift+ArrowDown": () => canvas.pan(0, -pan),
      "/": () => this.search.input.focus(), c: () => this.nextColour(), b: () => this.mirror(),
      d: () => this.setFormulas(!this.formulas.on, true), l: () => this.copyLink(), p: () => this.copying.picture(),
      t: () => this.theme(), r: () => this.toggleRun(), "?": () => document.getElementById("keys").showModal(),
      Escape: () => (stepper.on ? stepper.close() : this.select(null)),
    };
  }

  /** Fold or unfold what has the focus or is selected. */
  enter() {
    const focused = document.activeElement?.dataset?.key;
    const tile = focused && this.canvas.view.tiles.find((t) => t.key === focused);
    const item = tile?.item ?? this.selected?.item;
    if (item && item.kind !== "op") this.toggle(item);
    else if (tile) this.select(tile.leaf ? { box: tile.leaf } : { item: tile.item });
    else if (this.selected) this.toggle(this.selected.box?.item?.parent ?? this.selected.item?.parent);
  }
}

function depth(item) {
  return ancestors(item).length - 1;
}

new Explorer();
document.body.dataset.ready = Math.round(performance.now()); // milliseconds since the page was asked for
