// Pictures of one decision: what each feature added, the customer's own history, the pattern of payments.
charts.waterfall = (host, place) => {
  const one = R.samples[place], rest = one.other_contributions;
  const steps = one.features.map(f => [say(f.title), f.contribution]);
  if (Math.abs(rest) > 1e-9) steps.push([W("others"), rest]);
  const chance = v => 1 / (1 + Math.exp(-v)), pitch = state.paper ? 26 : 34, thick = state.paper ? 10 : 12, under = pitch - thick - 4; // on paper three pictures go on a page
  const c = canvas(host, (steps.length + 2) * pitch + 38, W("log_odds"), {left: 4, right: 56, top: 0, bottom: 38});
  let at = one.base, low = at, high = at;
  for (const [, size] of steps) { at += size; low = Math.min(low, at); high = Math.max(high, at); }
  const x = linear(low - 0.1, high + 0.1, c.left, c.right);
  axisX(c, x, ticks(low, high, 5), v => String(v).replace("-", "−"), W("log_odds"));
  const line = (i, name, from, to, colour, note) => { // the name above its bar: there is room for all of it
    const y = c.top + i * pitch, g = svg("g", {});
    g.append(svg("text", {x: 0, y: y + under - 4}, shorten(name, c.width)));
    g.append(bar(Math.min(x(from), x(to)), y + under, Math.max(2, Math.abs(x(to) - x(from))), thick, colour));
    g.append(svg("text", {x: Math.max(x(from), x(to)) + 5, y: y + under + thick - 1, class: "strong"}, note));
    tipOn(g, () => `${name}\n${note} → ${share(chance(to))}`);
    c.node.append(g);
  };
  line(0, W("base"), one.base, one.base, "var(--ink-3)", share(chance(one.base)));
  at = one.base;
  steps.forEach(([name, size], i) => {
    line(i + 1, name, at, at + size, size > 0 ? "var(--decline)" : "var(--approve)", `${size > 0 ? "+" : "−"}${Math.abs(size).toFixed(2)}`);
    at += size;
  });
  line(steps.length + 1, W("score"), at, at, "var(--ink)", share(one.score ?? chance(at)));
};

const clock = new Intl.DateTimeFormat("sv-SE", {timeZone: R.zone, dateStyle: "short", timeStyle: "short"});
const when = us => clock.format(us / 1000);

charts.history = (host, place) => {
  const one = R.samples[place], points = [...one.history, [one.time_us, one.amount_minor ?? 0]];
  const c = canvas(host, state.paper ? 140 : 186, W("amount"), {left: 52, right: 16, top: 28});
  const amounts = points.map(p => Math.max(p[1], 1));
  const x = linear(points[0][0], one.time_us, c.left + 6, c.right), y = logarithmic(Math.min(...amounts) / 1.5, Math.max(...amounts) * 1.5, c.bottom, c.top);
  axisY(c, y, decades(Math.min(...amounts) / 1.5, Math.max(...amounts) * 1.5), shortMoney, inUnit(W("amount")));
  axisX(c, x, ticks(points[0][0], one.time_us, 4), v => shortDate(when(v)));
  points.forEach(([time, amount], i) => {
    const last = i === points.length - 1;
    const dot = svg("circle", {cx: x(time), cy: y(Math.max(amount, 1)), r: last ? 6 : 3.5, fill: last ? outcomeColour(R.outcomes[one.outcome]) : "var(--ink-3)", "fill-opacity": last ? 1 : 0.7});
    tipOn(dot, () => `${when(time)}\n${exactMoney(amount)}`);
    c.node.append(dot);
  });
  legend(host, [["var(--ink-3)", W("earlier"), "dot"], [outcomeColour(R.outcomes[one.outcome]), W("this"), "dot"]]);
};

// Patterns that rest on the same payments are one picture with several names.
charts.pattern = (host, place) => {
  const alike = new Map();
  for (const pattern of R.samples[place].patterns) {
    const key = JSON.stringify(pattern.edges);
    alike.set(key, [...alike.get(key) ?? [], pattern]);
  }
  for (const patterns of alike.values()) {
    for (const title of new Set(patterns.map(one => say(one.title)))) host.append(html("p", {class: "note"}, title));
    drawPattern(host, patterns[0]);
  }
};

function drawPattern(host, pattern) {
  const names = [...new Set(pattern.edges.flatMap(e => [e.source, e.target]))];
  const tall = state.paper ? 184 : 230, c = canvas(host, tall, say(pattern.title), {left: 8, right: 8});
  const middle = [c.width / 2, tall / 2 - 3], half = Math.min(56, Math.max(...names.map(name => widthOf(name, 600))) / 2 + 10), high = 13;
  const reach = [Math.min(c.width / 2 - half - 4, 190), tall / 2 - 31];
  const spot = new Map(names.map((name, i) => {
    const angle = -Math.PI / 2 + 2 * Math.PI * i / names.length;
    return [name, [middle[0] + reach[0] * Math.cos(angle), middle[1] + reach[1] * Math.sin(angle)]];
  }));
  const head = `head-${Math.random().toString(36).slice(2)}`;
  c.node.append(svg("defs", {}, svg("marker", {id: head, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto", markerUnits: "userSpaceOnUse"}, svg("path", {d: "M0 0L8 4L0 8z", fill: "var(--accent)"}))));
  const labels = svg("g");
  pattern.edges.forEach((edge, i) => {
    const [x1, y1] = spot.get(edge.source), [x2, y2] = spot.get(edge.target), long = Math.hypot(x2 - x1, y2 - y1) || 1;
    const ux = (x2 - x1) / long, uy = (y2 - y1) / long, bend = 18; // bent, so that a way there and a way back do not lie on each other
    const mx = (x1 + x2) / 2 + uy * bend, my = (y1 + y2) / 2 - ux * bend;
    const border = (x, y) => { // where the curve meets the box of a name
      const dx = mx - x, dy = my - y, part = Math.min(half / (Math.abs(dx) || 1e-9), high / (Math.abs(dy) || 1e-9));
      return `${x + dx * part} ${y + dy * part}`;
    };
    const path = svg("path", {d: `M${border(x1, y1)}Q${mx} ${my} ${border(x2, y2)}`, fill: "none", stroke: "var(--accent)", "stroke-width": 2, "marker-end": `url(#${head})`});
    const amount = edge.amount_minor == null ? "–" : exactMoney(edge.amount_minor);
    tipOn(path, () => `${i + 1}. ${edge.source} → ${edge.target}\n${amount}\n${when(edge.time_us)}`);
    c.node.append(path);
    // Written on the outer side of the curve: away from the middle of the picture, and never beyond its edge.
    const away = Math.abs(mx - middle[0]) < 40 ? 0 : Math.sign(mx - middle[0]), below = my > middle[1] ? 1 : -1;
    const wide = widthOf(`${i + 1}. ${amount}`, 600);
    const tx = away > 0 ? Math.min(mx + 8, c.width - wide) : away < 0 ? Math.max(mx - 8, wide) : mx, ty = away ? my - 2 : my + (below > 0 ? 22 : -22), anchor = ["end", "middle", "start"][away + 1];
    labels.append(svg("text", {x: tx, y: ty, "text-anchor": anchor, class: "strong halo"}, `${i + 1}. ${amount}`));
    labels.append(svg("text", {x: tx, y: ty + 14, "text-anchor": anchor, class: "halo"}, `${shortDate(when(edge.time_us))} ${when(edge.time_us).slice(11)}`));
  });
  for (const [name, [x, y]] of spot) {
    c.node.append(svg("rect", {x: x - half, y: y - high, width: 2 * half, height: 2 * high, rx: 4, fill: "var(--paper-2)", stroke: "var(--accent)"}));
    labels.append(svg("text", {x, y: y + 4, "text-anchor": "middle", class: "strong"}, shorten(name, 2 * half - 4)));
  }
  c.node.append(labels);
}
