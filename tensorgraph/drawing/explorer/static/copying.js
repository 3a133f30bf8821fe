// Copies: the link to what is shown, and what is shown as a picture.

const SHARPNESS = 2; // pixels of a picture for one of the screen
const STYLES = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "font-family", "font-size",
  "font-weight", "font-style", "text-anchor", "paint-order", "display", "visibility", "color", "rx", "margin", "white-space",
];

class Copying {
  /** @param {HTMLElement} status where it is said what was done */
  constructor(stage, status, title) {
    Object.assign(this, { stage, status, title });
  }

  say(text) {
    this.status.textContent = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.status.textContent = ""), 4000);
  }

  async link() {
    try {
      await navigator.clipboard.writeText(location.href);
      this.say("The link to this view is copied.");
    } catch {
      this.say("The browser does not let the page copy: the link is the address above.");
    }
  }

  /** Copy what is shown as PNG; where the browser does not allow it, hand it over as a file. */
  async picture() {
    const picture = this.png(); // given as a promise: some browsers let a page copy during the click only
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      this.say("The picture is copied.");
    } catch {
      this.say(await this.handedOver(picture));
    }
  }

  /** Hand a picture over as a file; returns what is to be said of it. */
  async handedOver(picture) {
    const name = `${this.title || "graph"}.png`;
    try {
      html("a", { href: await dataUrl(await picture), download: name }).click();
      return `The browser does not let the page copy: the picture is handed over as ${name}.`;
    } catch ({ message }) {
      return `The picture could not be made: ${message}`;
    }
  }

  async png() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(this.svg())}`;
    await image.decode();
    const canvas = html("canvas", { width: SHARPNESS * width, height: SHARPNESS * height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  /** What is shown as SVG that needs no style sheet. */
  svg() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    const drawing = this.stage.querySelector("#graph");
    const copy = drawing.cloneNode(true);
    writeStyles(drawing, copy);
    const ground = getComputedStyle(document.body).backgroundColor;
    copy.prepend(svg("rect", { width, height, fill: ground }));
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) copy.setAttribute(name, value);
    return new XMLSerializer().serializeToString(copy);
  }
}

/** Write the styles that an element and all in it have onto a copy. */
function writeStyles(element, copy) {
  const copies = copy.querySelectorAll("*");
  [...element.querySelectorAll("*")].forEach((part, i) => {
    if (part.namespaceURI.endsWith("MathML")) return; // has those around it
    const computed = getComputedStyle(part);
    for (const name of STYLES) copies[i].style.setProperty(name, computed.getPropertyValue(name));
    if (computed.display === "none") copies[i].replaceChildren();
  });
}

function dataUrl(blob) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => done(reader.result));
    reader.readAsDataURL(blob);
  });
}
