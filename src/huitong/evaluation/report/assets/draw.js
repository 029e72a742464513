// What every chart is drawn with: figures in the reader's language, scales, axes, a tip that follows the pointer.
const DATA = JSON.parse(document.getElementById("data").textContent);
const R = DATA.report;
const root = document.documentElement;
const state = {lang: "zh"};
const W = key => DATA.words[key][state.lang === "en" ? 0 : 1];
const say = text => text[state.lang];
const EXPONENT = DATA.exponent, UNIT = DATA.unit, GAP = UNIT === R.currency ? " " : "";
const grouped = (x, digits = 0) => x.toLocaleString("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits});

function count(x) {
  if (state.lang === "zh" && Math.abs(x) >= 1e8) return `${grouped(x / 1e8, 2)} 亿`;
  if (state.lang === "zh" && Math.abs(x) >= 1e5) return `${grouped(x / 1e4, 2)} 万`;
  return grouped(x);
}

const inUnit = name => state.lang === "en" ? `${name}, ${R.currency}` : `${name}（${UNIT}）`; // heads an axis of money
const withUnit = figures => state.lang === "en" ? `${R.currency} ${figures}` : `${figures} ${UNIT}`;
const exactMoney = minor => withUnit(grouped(minor / 10 ** EXPONENT, EXPONENT)); // of one payment

function money(minor) {
  const x = minor / 10 ** EXPONENT;
  if (state.lang === "zh" && Math.abs(x) >= 1e8) return `${grouped(x / 1e8, 2)} 亿${GAP}${UNIT}`;
  if (state.lang === "zh" && Math.abs(x) >= 1e4) return `${grouped(x / 1e4, 2)} 万${GAP}${UNIT}`;
  return withUnit(grouped(x, x === 0 || state.lang === "en" && Math.abs(x) >= 1000 ? 0 : EXPONENT));
}

function short(x, steps) { // for axis ticks
  for (const [size, name] of steps) if (Math.abs(x) >= size) return `${+(x / size).toPrecision(3)} ${name}`;
  return Math.abs(x) >= 1000 ? grouped(x) : String(+x.toPrecision(3));
}
const CHINESE = [[1e8, "亿"], [1e4, "万"]];
const shortMoney = minor => short(minor / 10 ** EXPONENT, state.lang === "zh" ? CHINESE : [[1e9, "bn"], [1e6, "m"], [1e3, "k"]]);

const share = x => x == null ? "–" : x > 0 && x < 0.0005 ? "< 0.1\u202f%" : `${(100 * x).toFixed(1)}\u202f%`;

const scoreText = x => `${+(100 * x).toPrecision(3)}\u202f%`; // a score or a threshold, to three digits

function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function html(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const linear = (d0, d1, r0, r1) => Object.assign(x => r0 + (x - d0) / (d1 - d0 || 1) * (r1 - r0), {
  invert: p => d0 + (p - r0) / (r1 - r0 || 1) * (d1 - d0),
});
const logarithmic = (d0, d1, r0, r1) => {
  const inner = linear(Math.log(d0), Math.log(d1), r0, r1);
  return Object.assign(x => inner(Math.log(Math.max(x, d0))), {invert: p => Math.exp(inner.invert(p))});
};

function ticks(low, high, wanted = 6) {
  const rough = (high - low) / wanted || 1, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= rough * 0.999);
  const found = [];
  for (let x = Math.ceil(low / step - 1e-9) * step; x <= high + step * 1e-9; x += step) found.push(+x.toPrecision(12));
  return found;
}

function decades(low, high) {
  const found = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power++) found.push(10 ** power);
  return found;
}

const plain = x => short(x, state.lang === "zh" ? CHINESE : [[1e9, "bn"], [1e6, "m"]]);

// How wide a text of the charts is, in px; bold ones are a little wider.
const ruler = document.createElement("canvas").getContext("2d");
function widthOf(text, weight = 400) {
  ruler.font = `${weight} 12px ${getComputedStyle(root).fontFamily}`;
  return ruler.measureText(text).width;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const shortDate = iso => state.lang === "zh" ? `${+iso.slice(5, 7)}月${+iso.slice(8, 10)}日` : `${+iso.slice(8, 10)} ${MONTHS[+iso.slice(5, 7) - 1]}`;

// An empty chart of the place's width with room for axes; the caller sets scales from `left … right` and `top … bottom`.
const room = host => state.paper ? (host.closest(".grid") ? PAPER.half : PAPER.whole) : Math.max(260, host.clientWidth || 680);
const PAPER = {whole: 700, half: 340}; // CSS pixels on A4 within its margins

function canvas(host, height, label, margin = {}) {
  const width = room(host);
  const m = {top: 12, right: 12, bottom: 28, left: 52, ...margin};
  const node = svg("svg", {viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": label});
  host.append(node);
  return {node, width, height, left: m.left, right: width - m.right, top: m.top, bottom: height - m.bottom};
}

function axisX(c, scale, values, text, title) {
  const g = svg("g", {class: "axis"}, svg("path", {d: `M${c.left} ${c.bottom}H${c.right}`}));
  let last = -1e9;
  for (const value of values) {
    const x = scale(value), label = text(value), wide = widthOf(label) + 8;
    if (x - last < wide || x < c.left - 1 || x > c.right + 1) continue;
    last = x;
    const end = x > c.right - wide / 2 ? "end" : x < wide / 2 - 4 ? "start" : "middle";
    g.append(svg("line", {x1: x, x2: x, y1: c.bottom, y2: c.bottom + 4}), svg("text", {x: end === "end" ? Math.min(c.right + 8, x + wide / 2) : end === "start" ? 0 : x, y: c.bottom + 17, "text-anchor": end}, label));
  }
  if (title) g.append(svg("text", {x: c.right, y: c.bottom + 34, "text-anchor": "end"}, title));
  c.node.append(g);
}

function axisY(c, scale, values, text, title) {
  const g = svg("g", {class: "axis"});
  for (const value of values) {
    const y = scale(value);
    g.append(svg("line", {x1: c.left, x2: c.right, y1: y, y2: y}), svg("text", {x: c.left - 6, y: y + 4, "text-anchor": "end"}, text(value)));
  }
  if (title) g.append(svg("text", {x: 0, y: c.top - 14}, title));
  c.node.append(g);
}

function legend(host, entries) { // [colour, text, shape]: a square, a "line" or a "dot"
  host.append(html("div", {class: "legend"}, ...entries.map(([colour, text, shape]) => html("span", {}, html("i", {class: shape, style: `background:${colour}`}), text))));
}

const tip = document.getElementById("tip");
function showTip(event, text) {
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - box.width - 4))}px`;
  tip.style.top = `${event.clientY + 16 + box.height > innerHeight ? event.clientY - box.height - 8 : event.clientY + 16}px`;
}
function tipOn(node, text) {
  node.addEventListener("pointermove", event => showTip(event, text(event)));
  node.addEventListener("pointerleave", () => { tip.hidden = true; });
}

// Vertical slots (days, weeks, bins): one invisible strip for each, which shows its tip and is lit under the pointer.
function slots(c, n, x, wide, text) {
  const g = svg("g");
  for (let i = 0; i < n; i++) {
    const strip = svg("rect", {x: x(i), y: c.top, width: Math.max(wide, 1), height: c.bottom - c.top, fill: "var(--ink)", "fill-opacity": 0});
    strip.addEventListener("pointerenter", () => strip.setAttribute("fill-opacity", 0.06));
    strip.addEventListener("pointerleave", () => strip.setAttribute("fill-opacity", 0));
    tipOn(strip, () => text(i));
    g.append(strip);
  }
  c.node.append(g);
}

const bar = (x, y, wide, high, fill, more = {}) => svg("rect", {x, y, width: Math.max(0, wide), height: Math.max(0, high), fill, ...more});
const outcomeColour = one => ({approve: "var(--approve)", review: "var(--review)", decline: "var(--decline)", held: "var(--held)", freeze: "var(--held)"})[one.name] ?? "var(--s5)";
function shorten(text, width) {
  if (widthOf(text) <= width) return text;
  let kept = [...text];
  while (kept.length && widthOf(kept.join("") + "…") > width) kept.pop();
  return kept.join("").trimEnd() + "…";
}
