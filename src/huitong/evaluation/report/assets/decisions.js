// Pictures of one decision: what each feature added, the customer's own history, the pattern of payments.
charts.waterfall = (host, place) => {
  const one = R.samples[place], rest = one.other_contributions;
  const steps = one.features.map(f => [say(f.title), f.contribution]);
  if (Math.abs(rest) > 1e-9) steps.push([W("others"), rest]);
  const chance = v => 1 / (1 + Math.exp(-v)), row = 26;
  const names = Math.min(230, room(host) * (room(host) < 300 ? 0.36 : 0.44));
  const c = canvas(host, (steps.length + 2) * row + 40, W("log_odds"), {left: names, right: 44, top: 4, bottom: 36});
  let at = one.base, low = at, high = at;
  for (const [, size] of steps) { at += size; low = Math.min(low, at); high = Math.max(high, at); }
  const x = linear(low - 0.3, high + 0.3, c.left, c.right);
  axisX(c, x, ticks(low - 0.3, high + 0.3, 5), v => String(v), W("log_odds"));
  const line = (i, name, from, to, colour, note) => {
    const y = c.top + i * row, g = svg("g", {});
    g.append(svg("text", {x: c.left - 8, y: y + 16, "text-anchor": "end"}, shorten(name, names - 10)));
    g.append(bar(Math.min(x(from), x(to)), y + 4, Math.max(2, Math.abs(x(to) - x(from))), row - 10, colour));
    g.append(svg("text", {x: Math.max(x(from), x(to)) + 5, y: y + 16, class: "strong halo"}, note));
    tipOn(g, () => `${name}\n${note} → ${share(chance(to))}`);
    c.node.append(g);
  };
  line(0, W("base"), one.base, one.base, "var(--ink-3)", share(chance(one.base)));
  at = one.base;
  steps.forEach(([name, size], i) => {
    const y = c.top + (i + 1) * row;
    c.node.append(svg("line", {x1: x(at), x2: x(at), y1: y - 6, y2: y + 4, stroke: "var(--ink-3)"}));
    line(i + 1, name, at, at + size, size > 0 ? "var(--decline)" : "var(--approve)", `${size > 0 ? "+" : "−"}${Math.abs(size).toFixed(2)}`);
    at += size;
  });
  const y = c.top + (steps.length + 1) * row;
  c.node.append(svg("line", {x1: x(at), x2: x(at), y1: y - 6, y2: y + 4, stroke: "var(--ink-3)"}));
  line(steps.length + 1, W("score"), at, at, "var(--ink)", one.score == null ? share(chance(at)) : one.score.toFixed(3));
};

const clock = new Intl.DateTimeFormat("sv-SE", {timeZone: R.zone, dateStyle: "short", timeStyle: "short"});
const when = us => clock.format(us / 1000);

charts.history = (host, place) => {
  const one = R.samples[place], points = [...one.history, [one.time_us, one.amount_minor ?? 0]];
  const c = canvas(host, 170, W("amount"), {left: 52, right: 16});
  const amounts = points.map(p => Math.max(p[1], 1));
  const x = linear(points[0][0], one.time_us, c.left + 6, c.right), y = logarithmic(Math.min(...amounts) / 1.5, Math.max(...amounts) * 1.5, c.bottom, c.top);
  axisY(c, y, decades(Math.min(...amounts) / 1.5, Math.max(...amounts) * 1.5), shortMoney);
  axisX(c, x, ticks(points[0][0], one.time_us, 4), v => when(v).slice(5, 10));
  points.forEach(([time, amount], i) => {
    const last = i === points.length - 1;
    const dot = svg("circle", {cx: x(time), cy: y(Math.max(amount, 1)), r: last ? 6 : 3.5, fill: last ? outcomeColour(R.outcomes[one.outcome]) : "var(--ink-3)", "fill-opacity": last ? 1 : 0.7});
    tipOn(dot, () => `${when(time)}\n${money(amount)}`);
    c.node.append(dot);
  });
  c.node.append(svg("text", {x: c.right - 10, y: y(Math.max(one.amount_minor ?? 1, 1)) + 4, "text-anchor": "end", class: "strong halo"}, W("this")));
};

charts.pattern = (host, place) => R.samples[place].patterns.forEach(pattern => drawPattern(host, pattern));

function drawPattern(host, pattern) {
  const names = [...new Set(pattern.edges.flatMap(e => [e.source, e.target]))];
  const c = canvas(host, 260, say(pattern.title), {left: 8, right: 8});
  const middle = [c.width / 2, 128], reach = [Math.min(c.width / 2 - 96, 170), 82];
  const spot = new Map(names.map((name, i) => {
    const angle = -Math.PI / 2 + 2 * Math.PI * i / names.length;
    return [name, [middle[0] + reach[0] * Math.cos(angle), middle[1] + reach[1] * Math.sin(angle)]];
  }));
  const head = `head-${Math.random().toString(36).slice(2)}`;
  c.node.append(svg("defs", {}, svg("marker", {id: head, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto"}, svg("path", {d: "M0 0L8 4L0 8z", fill: "var(--accent)"}))));
  const labels = svg("g");
  pattern.edges.forEach((edge, i) => {
    const [x1, y1] = spot.get(edge.source), [x2, y2] = spot.get(edge.target), long = Math.hypot(x2 - x1, y2 - y1) || 1;
    const ux = (x2 - x1) / long, uy = (y2 - y1) / long, bend = 18; // bent, so that a way there and a way back do not lie on each other
    const mx = (x1 + x2) / 2 + uy * bend, my = (y1 + y2) / 2 - ux * bend;
    const path = svg("path", {d: `M${x1 + ux * 22} ${y1 + uy * 22}Q${mx} ${my} ${x2 - ux * 24} ${y2 - uy * 24}`, fill: "none", stroke: "var(--accent)", "stroke-width": 2, "marker-end": `url(#${head})`});
    const amount = edge.amount_minor == null ? "–" : money(edge.amount_minor);
    tipOn(path, () => `${i + 1}. ${edge.source} → ${edge.target}\n${amount}\n${when(edge.time_us)}`);
    c.node.append(path);
    // Written on the outer side of the curve: away from the middle of the picture.
    const away = Math.abs(mx - middle[0]) < 40 ? 0 : Math.sign(mx - middle[0]), below = my > middle[1] ? 1 : -1;
    const tx = mx + away * 8, ty = away ? my - 2 : my + (below > 0 ? 22 : -22), anchor = ["end", "middle", "start"][away + 1];
    labels.append(svg("text", {x: tx, y: ty, "text-anchor": anchor, class: "strong halo"}, `${i + 1}. ${amount}`));
    labels.append(svg("text", {x: tx, y: ty + 14, "text-anchor": anchor, class: "halo"}, when(edge.time_us).slice(5)));
  });
  for (const [name, [x, y]] of spot) {
    c.node.append(svg("circle", {cx: x, cy: y, r: 20, fill: "var(--paper-2)", stroke: "var(--accent)"}));
    labels.append(svg("text", {x, y: y + 4, "text-anchor": "middle", class: "strong halo"}, shorten(name, 84)));
  }
  c.node.append(labels);
}
