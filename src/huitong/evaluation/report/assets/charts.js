// The charts of the period and of the score; each draws one place of the page from the report's figures.
const charts = {};

function datedSlots(c, items, key) {
  const wide = (c.right - c.left) / items.length, x = i => c.left + i * wide;
  const centre = i => x(i) + wide / 2;
  const step = Math.max(1, Math.ceil(items.length * 64 / (c.right - c.left)));
  axisX(c, i => centre(i), items.map((_, i) => i).filter(i => i % step === 0), i => shortDate(items[i][key]));
  return {wide, x, centre};
}

charts.alerts = host => {
  const capacity = R.costs?.alerts_per_day ?? null, told = R.method.labels_unknown < R.effect.payments.count;
  const c = canvas(host, 220, W("alerts"), {top: 16, left: 44});
  const high = Math.max(...R.days.map(d => d.alerts), capacity ?? 0, 1) * 1.08;
  const y = linear(0, high, c.bottom, c.top);
  axisY(c, y, ticks(0, high, 5).filter(Number.isInteger), plain);
  const {wide, x} = datedSlots(c, R.days, "date"), gap = wide > 4 ? 1 : 0;
  R.days.forEach((d, i) => {
    const within = Math.min(d.alerts, capacity ?? Infinity);
    c.node.append(bar(x(i), y(within), wide - gap, c.bottom - y(within), "var(--accent)"));
    if (d.alerts > within) c.node.append(bar(x(i), y(d.alerts), wide - gap, y(within) - y(d.alerts), "var(--review)"));
  });
  if (capacity != null) c.node.append(svg("line", {x1: c.left, x2: c.right, y1: y(capacity), y2: y(capacity), stroke: "var(--ink)", "stroke-width": 1.5}));
  slots(c, R.days.length, x, wide, i => {
    const d = R.days[i];
    return `${d.date}\n${W("alerts")} ${count(d.alerts)}${capacity == null ? "" : ` / ${count(capacity)}`}\n${W("declined")} ${count(d.declined)}${told ? `\n${W("frauds")} ${count(d.frauds)}, ${W("caught")} ${count(d.frauds_caught)}` : ""}\n${W("payments")} ${count(d.payments)}`;
  });
  if (capacity != null) legend(host, [["var(--accent)", W("within")], ["var(--review)", W("over")], ["var(--ink)", `${W("capacity")} ${count(capacity)}`, "line"]]);
};

const whole = week => week.days < 7 ? {"fill-opacity": 0.45} : {}; // a short week is drawn faint
const weekName = k => `${W("week")} ${R.weeks[k].start}${R.weeks[k].days < 7 ? ` (${R.weeks[k].days}/7)` : ""}`;

charts.weekly_outcomes = host => {
  const shown = R.outcomes.map((one, i) => ({...one, i})).filter(one => one.role !== "pass");
  const rate = (w, i) => 1000 * w.outcomes[i] / Math.max(1, w.payments);
  const c = canvas(host, 190, W("per_1000"), {left: 44});
  const high = Math.max(...R.weeks.map(w => shown.reduce((sum, one) => sum + rate(w, one.i), 0)), 0.01) * 1.1;
  const y = linear(0, high, c.bottom, c.top);
  axisY(c, y, ticks(0, high, 5), plain);
  const {wide, x} = datedSlots(c, R.weeks, "start");
  R.weeks.forEach((w, k) => {
    let base = 0;
    for (const one of [...shown].reverse()) {
      const part = rate(w, one.i);
      c.node.append(bar(x(k) + 2, y(base + part), wide - 4, y(base) - y(base + part), outcomeColour(one), whole(w)));
      base += part;
    }
  });
  slots(c, R.weeks.length, x, wide, k => `${weekName(k)}\n` + R.outcomes.map((one, i) => `${say(one.title)} ${count(R.weeks[k].outcomes[i])}`).join("\n"));
  legend(host, shown.map(one => [outcomeColour(one), say(one.title)]));
};

charts.weekly_missed = host => {
  const c = canvas(host, 190, W("money_missed"), {left: 52, top: 28});
  const high = Math.max(...R.weeks.map(w => w.fraud_missed_minor), 1) * 1.1;
  const y = linear(0, high, c.bottom, c.top);
  axisY(c, y, ticks(0, high, 5), shortMoney, inUnit(W("money_missed")));
  const {wide, x} = datedSlots(c, R.weeks, "start");
  R.weeks.forEach((w, k) => c.node.append(bar(x(k) + 2, y(w.fraud_missed_minor), wide - 4, c.bottom - y(w.fraud_missed_minor), "var(--decline)", whole(w))));
  slots(c, R.weeks.length, x, wide, k => `${weekName(k)}\n${W("money_missed")} ${money(R.weeks[k].fraud_missed_minor)}\n${W("caught")} ${count(R.weeks[k].frauds_caught)} / ${count(R.weeks[k].frauds)}`);
};

charts.weekly_ap = host => {
  const c = canvas(host, 190, "AP", {left: 44});
  const y = linear(0, 1, c.bottom, c.top);
  axisY(c, y, [0, 0.25, 0.5, 0.75, 1], x => x.toFixed(2));
  const {wide, x, centre} = datedSlots(c, R.weeks, "start");
  R.weeks.forEach((w, k) => {
    const ap = w.average_precision;
    if (!ap) return;
    c.node.append(svg("line", {x1: centre(k), x2: centre(k), y1: y(ap.low), y2: y(ap.high), stroke: "var(--accent)", "stroke-opacity": 0.5, "stroke-width": 3}));
    c.node.append(svg("circle", {cx: centre(k), cy: y(ap.value), r: 4, fill: "var(--accent)"}));
  });
  slots(c, R.weeks.length, x, wide, k => {
    const ap = R.weeks[k].average_precision;
    return `${weekName(k)}\n` + (ap ? `${ap.value.toFixed(3)} (${ap.low.toFixed(3)} – ${ap.high.toFixed(3)})\n${W("frauds")} ${count(R.weeks[k].frauds)}` : "–");
  });
};

charts.weekly_psi = host => {
  const c = canvas(host, 190, "PSI", {left: 44});
  const high = Math.max(...R.weeks.map(w => w.psi ?? 0), 0.28) * 1.05;
  const y = linear(0, high, c.bottom, c.top);
  axisY(c, y, [0], x => x.toFixed(2));
  for (const limit of [0.1, 0.25]) {
    c.node.append(svg("line", {x1: c.left, x2: c.right, y1: y(limit), y2: y(limit), stroke: "var(--review)", "stroke-dasharray": "4 3"}));
    c.node.append(svg("text", {x: c.left - 6, y: y(limit) + 4, "text-anchor": "end"}, limit.toFixed(2)));
  }
  const {wide, x} = datedSlots(c, R.weeks, "start");
  R.weeks.forEach((w, k) => c.node.append(bar(x(k) + 2, y(w.psi ?? 0), wide - 4, c.bottom - y(w.psi ?? 0), (w.psi ?? 0) > 0.1 ? "var(--review)" : "var(--accent)")));
  slots(c, R.weeks.length, x, wide, k => `${weekName(k)}\nPSI ${R.weeks[k].psi?.toFixed(3) ?? "–"}`);
};

charts.calibration = host => {
  const bins = R.quality.calibration, positive = bins.flatMap(b => [b.score_mean, b.share_low, b.share]).filter(v => v > 0);
  const low = 10 ** Math.floor(Math.log10(Math.max(1e-6, Math.min(...positive))));
  const c = canvas(host, 300, W("foretold"), {bottom: 46, top: 28, left: 56});
  const x = logarithmic(low, 1, c.left, c.right), y = logarithmic(low, 1, c.bottom, c.top);
  axisX(c, x, decades(low, 1), share10, W("foretold"));
  axisY(c, y, decades(low, 1), share10, W("true_share"));
  c.node.append(svg("line", {x1: x(low), y1: y(low), x2: x(1), y2: y(1), stroke: "var(--ink-3)", "stroke-dasharray": "4 3"}));
  for (const b of bins) {
    const g = svg("g", {},
      svg("line", {x1: x(b.score_mean), x2: x(b.score_mean), y1: y(b.share_low), y2: y(b.share_high), stroke: "var(--accent)", "stroke-width": 2}),
      svg("circle", {cx: x(b.score_mean), cy: y(b.share), r: 5, fill: "var(--accent)", stroke: "var(--paper)"}),
      svg("circle", {cx: x(b.score_mean), cy: y(b.share), r: 14, fill: "transparent"}));
    tipOn(g, () => `${W("score")} ${scoreText(b.score_low)} – ${scoreText(b.score_high)}\n${share(b.score_mean)} → ${share(b.share)} (${share(b.share_low)} – ${share(b.share_high)})\n${W("payments")} ${count(b.cases)}, ${W("frauds")} ${count(b.wrongs)}`);
    c.node.append(g);
  }
};
const share10 = x => `${+(100 * x).toPrecision(1)}\u202f%`;

charts.scores = host => {
  const c = canvas(host, 300, W("score"), {bottom: 46, top: 28, left: 56});
  const top = Math.max(...R.scores.map(b => Math.max(b.honest, b.frauds, b.unknown)), 1);
  const x = linear(0, 1, c.left, c.right), y = logarithmic(0.7, top * 1.5, c.bottom, c.top);
  axisX(c, x, ticks(0, 1, 5), scoreText, W("score"));
  axisY(c, y, decades(1, top * 1.5), plain, W("payments"));
  const wide = (c.right - c.left) / R.scores.length;
  for (const b of R.scores) {
    if (b.honest) c.node.append(bar(x(b.low), y(b.honest), wide - 1, c.bottom - y(b.honest), "var(--ink-3)", {"fill-opacity": 0.55}));
    if (b.unknown) c.node.append(bar(x(b.low) + 0.5, y(b.unknown), wide - 2, c.bottom - y(b.unknown), "none", {stroke: "var(--ink-3)", "stroke-dasharray": "3 2"}));
    if (b.frauds) c.node.append(bar(x(b.low) + wide * 0.25, y(b.frauds), wide * 0.5, c.bottom - y(b.frauds), "var(--decline)"));
  }
  for (const [key, at, name] of [["review_from", R.review_from, "review"], ["decline_from", R.decline_from, "decline"]]) {
    if (at == null) continue;
    const wide = widthOf(`${W(key)} ${scoreText(at)}`, 600) + 8, wall = name === "review" && R.decline_from != null ? x(R.decline_from) : c.right;
    const left = x(at) + wide > wall && x(at) - wide > c.left; // to the left where the other line, or the edge, is too near
    c.node.append(svg("line", {x1: x(at), x2: x(at), y1: c.top - 4, y2: c.bottom, stroke: `var(--${name})`, "stroke-width": 2}));
    c.node.append(svg("text", {x: x(at) + (left ? -5 : 5), y: c.top + (name === "decline" ? 24 : 8), "text-anchor": left ? "end" : "start", class: "strong halo"}, `${W(key)} ${scoreText(at)}`));
  }
  slots(c, R.scores.length, i => x(R.scores[i].low), wide, i => {
    const b = R.scores[i];
    return `${W("score")} ${scoreText(b.low)} – ${scoreText(b.high)}\n${W("honest")} ${count(b.honest)}\n${W("fraud")} ${count(b.frauds)}${b.unknown ? `\n${W("unknown")} ${count(b.unknown)}` : ""}`;
  });
  legend(host, [["color-mix(in srgb,var(--ink-3) 55%,transparent)", W("honest")], ["var(--decline)", W("fraud")], ...R.scores.some(b => b.unknown) ? [["none;border:1px dashed var(--ink-3)", W("unknown")]] : []]);
};

// Horizontal bars with their names above them, which may be long in either language, and their figures in a column of its own:
// nothing is written where a bar, or the line of a limit, may come to lie. A bar beyond `most` is cut short, and shows it.
function lyingBars(host, rows, label, {parts, text, line, limits = [], most = Infinity}) {
  const pitch = 40, c = canvas(host, rows.length * pitch + (limits.length ? 24 : 4), label, {left: 0, right: 64, top: 4, bottom: limits.length ? 24 : 4});
  const long = row => parts(row).reduce((sum, part) => sum + part[0], 0);
  const high = Math.max(Math.min(most, Math.max(...rows.map(long))), ...limits, 1e-9), x = linear(0, high, c.left, c.right);
  if (limits.length) axisX(c, x, [0, ...limits, high], v => v.toFixed(2));
  rows.forEach((row, i) => {
    const y = c.top + i * pitch, g = svg("g");
    let base = 0;
    g.append(svg("text", {x: 0, y: y + 13}, shorten(say(row.title), c.width)), bar(0, y + 19, c.width, 14, "var(--ink)", {"fill-opacity": 0}));
    for (const [size, colour] of parts(row)) {
      g.append(bar(x(base), y + 19, x(Math.min(base + size, high)) - x(base), 14, colour));
      base += size;
    }
    if (long(row) > high) g.append(svg("path", {d: `M${c.right - 16} ${y + 36}l5 -20m4 20l5 -20`, stroke: "var(--paper)", "stroke-width": 2}));
    for (const limit of limits) g.append(svg("line", {x1: x(limit), x2: x(limit), y1: y + 17, y2: y + 35, stroke: "var(--ink)", "stroke-dasharray": "3 2"}));
    g.append(svg("text", {x: c.width, y: y + 30, "text-anchor": "end", class: "strong"}, text(row)));
    tipOn(g, () => line(row));
    c.node.append(g);
  });
}

charts.group = (host, name) => {
  const group = R.groups.find(g => g.name === name), early = R.effect.honest_payments_touched == null; // then no share is said
  lyingBars(host, group.rows.filter(row => row.fraud.count), say(group.title), {
    parts: row => [[row.caught.amount_minor, "var(--accent)"], [row.missed.amount_minor, "var(--decline)"]],
    text: row => early ? `${count(row.caught.count)} / ${count(row.fraud.count)}` : share(row.caught.amount_minor / Math.max(1, row.fraud.amount_minor)),
    line: row => `${say(row.title)}\n${W("caught")} ${money(row.caught.amount_minor)} (${count(row.caught.count)})\n${W("missed")} ${money(row.missed.amount_minor)} (${count(row.missed.count)})${row.honest_payments_touched == null ? "" : `\n${W("honest_touched")} ${count(row.honest_payments_touched)}`}`,
  });
  legend(host, [["var(--accent)", W("caught")], ["var(--decline)", W("missed")]]);
};

const PSI_DRAWN = 1; // what lies beyond says no more than its number does
charts.drift = host => lyingBars(host, R.drift, "PSI", {
  parts: row => [[row.psi ?? 0, (row.psi ?? 0) > 0.1 ? "var(--review)" : "var(--accent)"]],
  text: row => (row.psi ?? 0).toFixed(3),
  line: row => `${say(row.title)}\n${row.name}\nPSI ${(row.psi ?? 0).toFixed(3)}`,
  limits: [0.1, 0.25],
  most: PSI_DRAWN,
});
