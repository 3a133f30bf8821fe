// What is shown as the fragment of the page's address, so that a link leads to it: what is open and selected, the
// step, and the halves and formulas that are drawn.

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

  /** Put what is shown into the address. */
  write() {
    if (!this.writable) return;
    const fragment = this.fragment();
    history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
  }

  /** Show what the address says; what is unknown in it is left out. */
  read() {
    const asked = new URLSearchParams(location.hash.slice(1));
    if (![...asked].length) return;
    const { explorer } = this;
    const { scene } = explorer;
    if (asked.has("open")) {
      const items = asked.get("open").split(",").map((key) => this.items.get(key)).filter(Boolean);
      explorer.open = new Set([scene.root, ...items.flatMap(ancestors), ...items]);
    }
    explorer.canvas.backward = scene.backward.length > 0 && asked.get("backward") !== "0";
    explorer.setFormulas(asked.get("formulas") === "1");
    explorer.redraw();
    if (!asked.has("open")) explorer.canvas.open();
    const step = Number(asked.get("step"));
    if (asked.has("step") && Number.isInteger(step)) explorer.stepper.go(step);
    const target = { box: scene.boxes[asked.get("box")], item: this.items.get(asked.get("item")) };
    if (target.box || target.item) explorer.reveal(target);
  }
}
