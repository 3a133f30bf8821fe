// Steps through the forward and the backward pass, one operation at a time. Nothing moves: the steps
// only mark what is there.

const BEAT = 450; // milliseconds between steps while playing
const MARKS = ["pending", "partial", "current", "input", "read", "fed"];

class Stepper {
  /** @param {(step) => void} follow is told the step that was taken, or null before the first */
  constructor(bar, scene, canvas, follow) {
    Object.assign(this, { bar, scene, canvas, follow, at: 0, on: false, timer: null });
    this.slider = bar.querySelector("#step");
    this.slider.max = scene.steps.length;
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    const actions = {
      first: () => this.go(0), back: () => this.go(this.at - 1), play: () => this.play(),
      next: () => this.go(this.at + 1), last: () => this.go(scene.steps.length), close: () => this.close(),
    };
    for (const [name, act] of Object.entries(actions)) {
      bar.querySelector(`[data-act=${name}]`).addEventListener("click", act);
    }
    bar.querySelector("#turn").style.left = `${(100 * scene.forward.length) / Math.max(1, scene.steps.length)}%`;
  }

  /** Go to the moment after so many steps. */
  go(at) {
    this.at = Math.min(this.scene.steps.length, Math.max(0, at));
    this.on = true;
    this.mark();
    this.follow(this.scene.steps[this.at - 1] ?? null);
  }

  play() {
    if (this.timer) return this.pause();
    if (this.at >= this.scene.steps.length) this.at = 0;
    this.bar.classList.add("playing");
    const beat = () => (this.at < this.scene.steps.length ? this.go(this.at + 1) : this.pause());
    beat();
    this.timer = setInterval(beat, BEAT);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.bar.classList.remove("playing");
  }

  /** Leave the steps: everything is shown at once again. */
  close() {
    this.pause();
    this.at = 0;
    this.on = false;
    this.mark();
    this.follow(null);
  }

  // ----------------------------------------------------------------------------------- marks

  /** Show the moment on what is drawn. */
  mark() {
    const step = this.on ? this.scene.steps[this.at - 1] ?? null : null;
    this.slider.value = this.at;
    this.bar.querySelector("#telling").textContent = this.tell(step);
    this.canvas.stage.classList.toggle("stepping", this.on);
    const parts = { inputs: new Set(step?.inputs), reads: new Set(step?.reads), adds: new Set(step?.adds) };
    for (const { element, boxes, side } of this.parts()) this.markOne(element, boxes, side, step, parts);
    this.markLines(step, parts);
  }

  /** Everything drawn that stands for boxes. */
  *parts() {
    const { view, elements, gradients, pills } = this.canvas;
    for (const tile of view.tiles) {
      yield { element: elements.get(tile.key), boxes: tile.boxes, side: "forward" };
      if (gradients.has(tile.key)) yield { element: gradients.get(tile.key), boxes: tile.boxes, side: "backward" };
    }
    yield* pills;
  }

  markOne(element, boxes, side, step, { inputs, reads, adds }) {
    const forward = side === "forward";
    const has = (ids) => boxes.some((box) => ids.has(box.id));
    const marks = {
      pending: this.on && !boxes.some((box) => this.isThere(box, forward)),
      partial: this.on && !forward && boxes.length === 1 && completedAt(boxes[0]) > this.at,
      current: step?.pass === side && boxes.includes(step.box),
      input: forward && has(inputs),
      read: forward && has(reads),
      fed: !forward && has(adds),
    };
    for (const mark of MARKS) element.classList.toggle(`is-${mark}`, Boolean(marks[mark]));
    const badge = element.querySelector(".badge");
    if (badge) badge.textContent = this.on && !forward && boxes.length === 1 ? this.sumText(boxes[0]) : "";
  }

  isThere(box, forward) {
    return forward ? box.made <= this.at : box.arrivals.some((step) => step <= this.at);
  }

  /** How much of a gradient has come together so far. */
  sumText(box) {
    const arrived = box.arrivals.filter((step) => step <= this.at).length;
    return box.arrivals.length > 1 && arrived ? `Σ ${arrived} of ${box.arrivals.length}` : "";
  }

  /** Light the lines along which this step reads and writes. */
  markLines(step, { reads, inputs, adds }) {
    const tileOf = (id) => this.canvas.view.tileOf.get(id)?.key;
    const here = step && tileOf(step.box.id);
    const keys = (ids) => new Set([...ids].map(tileOf));
    const read = keys(reads);
    // The value of a docked leaf leaves from the tile that it is docked to.
    if (step && [...reads].some((id) => !tileOf(id))) read.add(here);
    const active = { "link forward": keys(inputs), "link backward": keys(adds), saved: read };
    for (const line of this.canvas.world.querySelectorAll("path.link, path.saved")) {
      const kind = line.classList.contains("saved") ? "saved" : `link ${line.classList[1]}`;
      const on = Boolean(step) && line.dataset.target === here && active[kind].has(line.dataset.source);
      line.classList.toggle("is-active", on);
    }
  }

  // ----------------------------------------------------------------------------------- words

  tell(step) {
    const { forward, steps, calls } = this.scene;
    if (!this.on) return `${forward.length} steps forward, ${steps.length - forward.length} backward`;
    if (!step) return "Before the first step";
    const { box } = step;
    const place = calls[box.call] ? ` in ${placeText(calls[box.call], calls)}` : "";
    if (step.pass === "forward") {
      return `Forward ${this.at} of ${forward.length}: ${box.op}(${this.names(step.inputs)}) → ${box.name || `#${box.id}`} ${shapeText(box.shape)}${place}`;
    }
    const reads = step.reads.length ? `, reads ${this.names(step.reads)}` : "";
    const at = `${this.at - forward.length} of ${steps.length - forward.length}`;
    return `Backward ${at}: from ∂${this.names([box.id])}${reads}, adds to ${this.names(step.adds, "∂") || "nothing"}${place}`;
  }

  names(ids, prefix = "") {
    const { boxes } = this.scene;
    return short(ids.map((id) => prefix + boxLabel(boxes[id])).join(", "), 60);
  }
}
