// What arrays look like: a matrix as a heat map, the first rows as numbers, images as images.

const PIXELS = { widest: 220, beside: 106, cell: 14 };
const PALETTES = {
  grey: [[16, 16, 20], [250, 250, 250]],
  both: [[36, 86, 184], [241, 239, 233], [179, 38, 30]],
  hot: [[241, 239, 233], [179, 38, 30]],
};
const NOT_FINITE = [181, 23, 196];

/** The picture of an array and its first numbers; nothing where none was taken. */
function looks(sample, name) {
  if (!sample) return [];
  const { width, height, planes, channels } = sample;
  const levels = Uint8Array.from(atob(sample.levels), (letter) => letter.charCodeAt(0));
  const size = width * height * channels;
  const kind = channels === 3 ? "images in colour" : planes > 1 || !sample.numbers.length ? "images" : "heat map";
  const label = `${kind} of ${name}, from ${numberText(sample.low)} to ${numberText(sample.high)}`;
  const pictures = Array.from({ length: planes }, (_, i) => plane(sample, levels.subarray(i * size, (i + 1) * size), kind, planes));
  const part = sample.part && ` · ${sample.part}`;
  return [
    html("figure", { class: "looks" }, [
      html("div", { class: "planes", role: "img", "aria-label": label }, pictures),
      html("figcaption", {}, [html("span", {}, [numberText(sample.low)]), html("span", {}, [`${kind}${part}`]), html("span", {}, [numberText(sample.high)])]),
    ]),
    ...firstRows(sample),
  ];
}

/** One matrix or image on a canvas, a pixel for each element. */
function plane(sample, levels, kind, planes) {
  const { width, height, channels } = sample;
  const canvas = html("canvas", { width, height });
  const pen = canvas.getContext("2d");
  const pixels = pen.createImageData(width, height);
  const paint = painter(sample, kind);
  for (let i = 0; i < width * height; i++) {
    const rgb = channels === 3 ? levels.subarray(3 * i, 3 * i + 3) : paint(levels[i]);
    pixels.data.set([...rgb, 255], 4 * i);
  }
  pen.putImageData(pixels, 0, 0);
  const cell = Math.min(PIXELS.cell, (planes > 1 ? PIXELS.beside : PIXELS.widest) / width);
  Object.assign(canvas.style, { width: `${Math.round(width * cell)}px`, height: `${Math.max(4, Math.round(height * cell))}px` });
  return canvas;
}

/** Levels to colours: 0 is what is not finite, 1 the least, 255 the greatest. */
function painter(sample, kind) {
  const [palette, from, to] = paletteOf(sample, kind);
  return (level) => (level ? mixed(palette, from + ((to - from) * (level - 1)) / 254) : NOT_FINITE);
}

/** The palette and where in it the least and the greatest are: images are grey; of numbers on both sides of zero, zero is pale. */
function paletteOf({ low, high }, kind) {
  if (kind !== "heat map") return [PALETTES.grey, 0, 1];
  if (low >= 0) return [PALETTES.hot, 0, 1];
  const reach = Math.max(-low, high);
  return [PALETTES.both, 0.5 + low / reach / 2, 0.5 + high / reach / 2];
}

/** The colour at a part of the way through a palette. */
function mixed(palette, part) {
  const at = Math.min(0.999999, Math.max(0, part)) * (palette.length - 1);
  const [from, to] = [palette[Math.floor(at)], palette[Math.floor(at) + 1]];
  return from.map((channel, i) => Math.round(channel + (to[i] - channel) * (at % 1)));
}

function firstRows({ numbers, height, width }) {
  if (!numbers.length) return [];
  const rows = numbers.map((row) => html("tr", {}, [...row.map((number) => html("td", {}, [numberText(Number(number))])), ...(row.length < width ? [html("td", {}, ["…"])] : [])]));
  if (numbers.length < height) rows.push(html("tr", {}, [html("td", {}, ["⋮"])]));
  return [html("table", { class: "rows" }, [html("tbody", {}, rows)])];
}
