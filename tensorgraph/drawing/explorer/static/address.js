// What is shown as the fragment of the page's address, so that a link leads to it: what is open and selected, the
// step, and the halves and formulas that are drawn.

const CALM = 400; // milliseconds without a change until it is written: a browser refuses to be asked too often

class Address {
  /** @param {Explorer} explorer whose state is told and restored */
  constructor(explorer) {
    this.explorer = explorer;
    this.items = new Map(preorder(explorer.scene.root).map((item) => [item.key, item]));
    this.first = this.openText();
    this.writable = /^(https?|file):$/.test(location.protocol); // in a notebook's frame there is no address
    window.addEventListener("hashchange", () => this.read());
  }

  openText() {
    return [...this.explorer.open].map((item) => item.key).sort().join(",");
  }

  /** The items that a list of keys names, and those around them. */
  openedBy(text) {
    const items = text.split(",").map((key) => this.items.get(key)).filter(Boolean);
    return new Set([this.explorer.scene.root, ...items.flatMap(ancestors)]);
  }

  fragment() {
    const { explorer } = this;
    const { stepper, selected, canvas, formulas, scene } = explorer;
    const open = this.openText();
    const told = {
      step: stepper.on ? stepper.at : null,
      box: selected?.box?.id ?? selected?.item?.box?.id ?? null,
      item: selected?.item && !selected.item.box ? selected.item.key : null,
      open: open === this.first ? null : open,
      backward: scene.backward.length && !canvas.backward ? 0 : null,
      formulas: formulas.on ? 1 : null,
    };
    const known = Object.entries(told).filter(([, value]) => value !== null);
    return new URLSearchParams(known).toString();
  }

  /** Put what is shown into the address soon. */
  write() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.put(), CALM);
  }

  /** Put what is shown into the address. */
  put() {
    clearTimeout(this.timer);
    if (!this.writable) return;
    const fragment = this.fragment();
    history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
  }

  /** Show what the address says; what is unknown in it is left out, and what it does not say is as at first. */
  read() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const { explorer } = this;
    const { scene, stepper } = explorer;
    const step = wholeNumber(asked.get("step"));
    const box = scene.boxes[wholeNumber(asked.get("box"))];
    const item = this.items.get(asked.get("item"));
    explorer.open = this.openedBy(asked.get("open") ?? this.first);
    explorer.setBackward(asked.get("backward") !== "0");
    explorer.setFormulas(asked.get("formulas") === "1");
    explorer.redraw();
    explorer.canvas.open();
    if (step === null) stepper.close();
    else stepper.go(step); // which selects its box
    const taken = scene.steps[stepper.at - 1]?.box;
    if (item || (box && box !== taken)) explorer.reveal({ box, item });
    else if (!taken) explorer.select(null);
  }
}

/** What a text says that is all digits; null of any other. */
function wholeNumber(text) {
  return /^\d+$/.test(text) ? Number(text) : null;
}
