// Find a value or a module by name, operation, module path, shape or source line.

const MOST = 30; // results shown

class Search {
  /** @param {(target: {box?: object, item?: object}) => void} go shows what was chosen */
  constructor(input, list, none, scene, go) {
    Object.assign(this, { input, list, none, scene, go, found: [], chosen: 0 });
    input.addEventListener("input", () => this.look());
    input.addEventListener("focus", () => this.look());
    input.addEventListener("blur", () => setTimeout(() => this.show([]), 150));
    input.addEventListener("keydown", (event) => this.key(event));
  }

  look() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return this.show([]);
    this.index ??= indexOf(this.scene);
    const matches = this.index.filter(({ text }) => words.every((word) => text.includes(word)));
    const rank = ({ label }) => (label.toLowerCase() === words[0] ? 0 : label.toLowerCase().startsWith(words[0]) ? 1 : 2);
    matches.sort((a, b) => rank(a) - rank(b) || a.place - b.place);
    this.show(matches.slice(0, MOST), matches.length);
  }

  show(found, total = 0) {
    this.found = found;
    this.chosen = 0;
    const rows = found.map((entry, i) => {
      const row = html("li", { role: "option", id: `found-${i}` }, [html("b", {}, [entry.label]), html("span", { class: "dim" }, [entry.hint])]);
      row.addEventListener("pointerdown", () => this.choose(i));
      return row;
    });
    const nothing = this.input.value.trim() && document.activeElement === this.input && !found.length;
    this.none.textContent = nothing ? "nothing found" : total > found.length ? `and ${total - found.length} more` : "";
    this.none.hidden = !this.none.textContent;
    this.list.replaceChildren(...rows);
    this.list.hidden = !rows.length;
    this.input.setAttribute("aria-expanded", rows.length > 0);
    this.highlight();
  }

  highlight() {
    [...this.list.children].forEach((row, i) => row.setAttribute("aria-selected", i === this.chosen && i < this.found.length));
    const row = this.list.children[this.chosen];
    if (row) this.input.setAttribute("aria-activedescendant", row.id);
    else this.input.removeAttribute("aria-activedescendant");
    row?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      this.chosen = Math.min(this.found.length - 1, Math.max(0, this.chosen + move));
      this.highlight();
      event.preventDefault();
    }
    if (event.key === "Enter") this.choose(this.chosen);
    if (event.key === "Escape") this.input.blur();
    event.stopPropagation();
  }

  choose(i) {
    const entry = this.found[i];
    if (!entry) return;
    this.input.blur();
    this.show([]);
    this.go(entry.target);
  }
}

/** Everything that can be found, with the text that is searched. */
function indexOf(scene) {
  const items = preorder(scene.root).filter((item) => item.children.length && item.parent);
  const groups = items.map((item) => entry(itemLabel(item), item.call ? placeText(item.call, scene.calls) : "", "", { item }));
  const boxes = scene.boxes.filter((box) => box.kind !== "constant" || box.name).map((box) => {
    const path = box.call === null ? "" : placeText(scene.calls[box.call], scene.calls);
    const hint = [isLeaf(box) ? box.kind : box.name && box.op, path, shapeText(box.shape)].filter(Boolean);
    return entry(boxLabel(box), hint.join("  "), `${box.line ?? ""} #${box.id}`, { box });
  });
  return [...groups, ...boxes].map((found, place) => ({ ...found, place }));
}

function entry(label, hint, more, target) {
  return { label, hint, target, text: `${label} ${hint} ${more}`.toLowerCase() };
}
