"use strict";
// Curves on log-log axes as SVG.  Every line has a colour, a dash and a marker of its own.

const SVG = "http://www.w3.org/2000/svg";
const SIZE = { width: 460, height: 270, left: 66, right: 12, top: 10, bottom: 40 };
const DASHES = ["", "6 3", "2 2", "8 3 2 3"];
const MARKERS = [
  "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z", "M-3-3h6v6h-6z", "M0-4l4 7h-8z",
  "M0-4.4l4.4 4.4l-4.4 4.4l-4.4-4.4z", "M0 4l4-7h-8z",
];

/** An element with attributes; text only ever as text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function draw(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A number to read: four digits, "inf" as it is, nothing for what is missing. */
function shown(value, digits = 4) {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value.replace("inf", "∞");
  if (value === 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6))
    return String(Number(value.toPrecision(digits)));
  return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
}

/** Whether a point can be on a log-log panel. */
const drawable = ([x, y]) => typeof x === "number" && typeof y === "number" && x > 0 && y > 0;

/** Powers of ten in a range, or 1, 2 and 5 times those, or the ends where there are too few. */
function ticks([low, high]) {
  const times = (factors) => {
    const found = [];
    for (let k = Math.floor(Math.log10(low)); 10 ** k <= high; k++) found.push(...factors.map((each) => each * 10 ** k));
    return found.filter((each) => each >= low * (1 - 1e-9) && each <= high * (1 + 1e-9));
  };
  const found = times([1]).length >= 3 ? times([1]) : times([1, 2, 5]);
  return found.length >= 2 ? found : [low, high];
}

/** `values` with `least` pixels between each other where `place` puts them, the frequent ones first. */
function apart(values, place, least) {
  const counts = new Map(), kept = [];
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const [value] of [...counts].sort(([a, n], [b, m]) => m - n || a - b))
    if (kept.every((other) => Math.abs(place(value) - place(other)) >= least)) kept.push(value);
  return kept;
}

function range(values) {
  const low = Math.min(...values), high = Math.max(...values);
  return low === high ? [low / 2, high * 2] : [low, high];
}

const styleOf = (k) => ({ colour: `var(--c${k % 10})`, dash: DASHES[k % 4], marker: MARKERS[k % 5] });

function mark(place, style, label) {
  const shape = draw("path", { d: style.marker, transform: `translate(${place})` });
  shape.style.fill = style.colour;
  if (label) shape.append(draw("title", {}, label));
  return shape;
}

function stroke(path, style) {
  const line = draw("path", { d: path, class: "curve", "stroke-dasharray": style.dash });
  line.style.stroke = style.colour;
  return line;
}

function key(series) {
  const list = make("ul", { class: "key" });
  for (const each of series) {
    const swatch = draw("svg", { viewBox: "0 0 36 12", "aria-hidden": "true" });
    swatch.append(stroke("M0 6H36", each.style), mark("18 6", each.style));
    list.append(make("li", {}, swatch, ` ${each.name}`));
  }
  return list;
}

/** Grid, numbers and names of both axes; the numbers of the first are those that were swept. */
function axes(svg, xs, ys, placeX, placeY, names) {
  const bottom = SIZE.height - SIZE.bottom, right = SIZE.width - SIZE.right;
  for (const x of apart(xs, placeX, 42)) {
    svg.append(draw("path", { class: "grid", d: `M${placeX(x)} ${SIZE.top}V${bottom}` }));
    svg.append(draw("text", { x: placeX(x), y: bottom + 15, "text-anchor": "middle" }, shown(x, 3)));
  }
  for (const y of apart(ticks(ys), placeY, 18)) {
    svg.append(draw("path", { class: "grid", d: `M${SIZE.left} ${placeY(y)}H${right}` }));
    svg.append(draw("text", { x: SIZE.left - 6, y: placeY(y) + 4, "text-anchor": "end" }, shown(y, 3)));
  }
  const middle = (SIZE.left + right) / 2, turned = `rotate(-90 12 ${bottom / 2})`;
  svg.append(draw("text", { x: middle, y: SIZE.height - 6, "text-anchor": "middle" }, names.x));
  svg.append(draw("text", { x: 12, y: bottom / 2, "text-anchor": "middle", transform: turned }, names.y));
}

/**
 * A panel of `series`: [{name, points: [[x, y]], k}], `k` the number of its style.  Points that no
 * log axis has are left out; a series without any is named and not drawn.  Null where none has one.
 */
function panel(title, series, names) {
  const styled = series.map((each, k) => ({ ...each, style: styleOf(each.k ?? k), at: each.points.filter(drawable) }));
  const points = styled.flatMap((each) => each.at);
  if (!points.length) return null;
  const xs = range(points.map(([x]) => x)), ys = range(points.map(([, y]) => y));
  const scale = ([low, high], from, to) => (value) =>
    Number((from + ((to - from) * Math.log(value / low)) / Math.log(high / low)).toFixed(1));
  const placeX = scale(xs, SIZE.left + 6, SIZE.width - SIZE.right - 6);
  const placeY = scale(ys, SIZE.height - SIZE.bottom - 6, SIZE.top + 6);
  const about = `${title}: ${names.y} against ${names.x}; ${styled.map((each) => each.name).join(", ")}`;
  const svg = draw("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": about });
  axes(svg, points.map(([x]) => x), ys, placeX, placeY, names);
  for (const { name, style, at } of styled) {
    const sorted = [...at].sort(([a], [b]) => a - b);
    svg.append(stroke(sorted.map(([x, y], k) => `${k ? "L" : "M"}${placeX(x)} ${placeY(y)}`).join(""), style));
    for (const [x, y] of sorted)
      svg.append(mark(`${placeX(x)} ${placeY(y)}`, style, `${name}: ${shown(x)}, ${shown(y)}`));
  }
  return make("figure", {}, make("figcaption", {}, title), svg, key(styled));
}
