// The trade-off: two thresholds to move, and what they would stop, miss, cost and ask of the team.
// With a fraud under review taken as found, the cost parts into one term of each threshold, so any pair is read off the one curve:
// loss of frauds below `review` + reviews between the two + harm to honest customers above `decline`.
charts.tradeoff = host => {
  const choice = R.choice, curve = choice.curve, costs = choice.costs, days = choice.days, last = curve[curve.length - 1];
  const place = threshold => Math.max(0, curve.findIndex(p => p.threshold === threshold));
  const cheapest = {review: place(choice.review), decline: place(choice.decline)};
  const now = state.thresholds ??= {...cheapest};
  const perDay = p => p.flagged / days, least = Math.max(0.5 / days, perDay(curve[Math.min(1, curve.length - 1)]) * 0.7);
  const high = state.paper ? 300 : 390;
  const c = canvas(host, high, W("money_caught"), {left: 60, right: 16, top: 40, bottom: 46});
  const split = high - 160, total = Math.max(1, last.fraud_minor);
  const x = logarithmic(least, Math.max(perDay(last), least * 10), c.left, c.right);
  const y = linear(0, 1, split, c.top);
  const costAt = (r, d) => last.loss_avoided_minor - curve[r].loss_avoided_minor + costs.cost_per_alert_minor * (curve[r].flagged - curve[d].flagged) + costs.cost_per_harmed_customer_minor * curve[d].honest_customer_days;
  const costHigh = Math.max(choice.cost_of_nothing_minor * 2, choice.cost_minor * 2, 1);
  const z = linear(0, costHigh, c.bottom, split + 34);
  axisX(c, x, decades(least, perDay(last)), plain, W("flagged_day"));
  axisY({...c, bottom: split}, y, [0, 0.25, 0.5, 0.75, 1], v => `${100 * v}\u202f%`, W("money_caught"));
  axisY(c, z, ticks(0, costHigh, 3), shortMoney);
  c.node.append(svg("text", {x: 0, y: split + 24}, inUnit(W("cost"))));
  const band = bar(0, c.top, 0, c.bottom - c.top, "var(--accent)", {"fill-opacity": 0.1});
  const bandText = svg("text", {y: c.top - 6, "text-anchor": "middle", class: "halo"}, W("capacity"));
  c.node.append(band);
  const path = (points, colour, wide = 2) => c.node.append(svg("path", {d: "M" + points.map(p => p.map(v => v.toFixed(1)).join(" ")).join("L"), fill: "none", stroke: colour, "stroke-width": wide, "stroke-linejoin": "round"}));
  path(curve.map(p => [x(perDay(p)), y(p.fraud_minor / total)]), "var(--accent)");
  const costLine = svg("path", {fill: "none", stroke: "var(--s2)", "stroke-width": 2, "clip-path": "inset(0)"});
  c.node.append(costLine);
  const named = []; // which dot is whose stands in the legend: beside them it would lie on a line or on the other's name
  const dot = (effect, colour, name) => {
    const flagged = effect.flagged / R.length_days, part = effect.caught / Math.max(1, R.effect.fraud.amount_minor), spot = svg("circle", {cx: x(flagged), cy: y(part), r: 5, fill: colour, stroke: "var(--paper)", "stroke-width": 1.5});
    tipOn(spot, () => `${name}\n${money(effect.caught)} (${share(part)})\n${W("flagged")} ${grouped(flagged, 1)}`);
    named.unshift({spot, entry: [colour, name, "dot"]});
  };
  const flagged = R.outcomes.filter(o => o.role !== "pass").reduce((sum, o) => sum + o.payments.count, 0);
  const caught = e => e.declined.amount_minor + e.reviewed.amount_minor;
  if (R.comparison) {
    const other = R.comparison.transitions.filter(t => R.outcomes[t.before].role !== "pass").reduce((sum, t) => sum + t.payments.count, 0);
    dot({flagged: other, caught: caught(R.comparison.effect)}, "var(--s4)", say(R.comparison.title));
  }
  dot({flagged, caught: caught(R.effect)}, "var(--ink)", W("policy"));
  const handles = {};
  for (const name of ["review", "decline"]) {
    const g = svg("g", {class: "handle"}, svg("line", {y1: c.top - 8, y2: c.bottom, stroke: `var(--${name})`, "stroke-width": 2}), svg("rect", {x: -12, y: c.top - 8, width: 24, height: c.bottom - c.top + 8, fill: "transparent"}),
      svg("path", {d: name === "review" ? "M-6 0L6 0L0 -10z" : "M-5 -10h10v10h-10z", transform: `translate(0 ${c.bottom + 2})`, fill: `var(--${name})`}));
    c.node.append(handles[name] = g);
  }
  c.node.append(...named.map(one => one.spot).reverse(), bandText);
  legend(host, named.map(one => one.entry));
  const sliders = html("div", {class: "sliders"}), readout = html("dl", {class: "readout", "aria-live": "polite"}), inputs = {};
  for (const name of ["decline", "review"]) {
    const input = html("input", {type: "range", min: 0, max: curve.length - 1, step: 1, "aria-label": W(`drag_${name}`)}), output = html("output");
    input.addEventListener("input", () => move(name, +input.value));
    sliders.append(html("span", {class: `mark mark-${name}`}, W(`${name}_from`)), input, output);
    inputs[name] = {input, output};
  }
  const reset = html("button", {type: "button", class: "reset"}, W("reset"));
  reset.addEventListener("click", () => { Object.assign(now, cheapest); update(); });
  host.append(sliders, readout, reset);
  const far = value => value == null ? W("never") : scoreText(value);
  function move(name, to) {
    now[name] = Math.max(0, Math.min(curve.length - 1, to));
    if (name === "review") now.decline = Math.min(now.decline, now.review); else now.review = Math.max(now.review, now.decline);
    update();
  }
  function update() {
    const r = curve[now.review], d = curve[now.decline], alerts = (r.flagged - d.flagged) / days, cost = costAt(now.review, now.decline);
    handles.review.setAttribute("transform", `translate(${x(perDay(r))} 0)`);
    handles.decline.setAttribute("transform", `translate(${x(perDay(d))} 0)`);
    const from = x(perDay(d)), to = x(perDay(d) + costs.alerts_per_day);
    band.setAttribute("x", from);
    band.setAttribute("width", Math.max(0, Math.min(to, c.right) - from));
    bandText.setAttribute("x", Math.max(c.left + 24, Math.min((from + Math.min(to, c.right)) / 2, c.right - 40)));
    bandText.textContent = to - from > 30 ? W("capacity") : "";
    const points = curve.map((p, i) => [i, p]).filter(([i]) => i >= now.decline && costAt(i, now.decline) <= costHigh);
    costLine.setAttribute("d", points.length ? "M" + points.map(([i, p]) => `${x(perDay(p)).toFixed(1)} ${z(costAt(i, now.decline)).toFixed(1)}`).join("L") : "");
    for (const name of ["review", "decline"]) {
      inputs[name].input.value = now[name];
      inputs[name].output.textContent = far(curve[now[name]].threshold);
      inputs[name].input.setAttribute("aria-valuetext", far(curve[now[name]].threshold));
    }
    const extra = cost - choice.cost_minor, fits = alerts <= costs.alerts_per_day + 1e-9;
    const entries = [
      [W("alerts_day"), grouped(alerts, 1), `${W("capacity")} ${grouped(costs.alerts_per_day)}${fits ? "" : ` · ${W("over")}`}`, fits ? "" : "bad"],
      [W("money_caught"), money(r.fraud_minor), share(r.fraud_minor / total)],
      [W("money_missed"), money(last.fraud_minor - r.fraud_minor), `${W("frauds")} ${count(last.frauds - r.frauds)}`],
      [W("honest_declined"), count(d.honest_customers), `${W("honest_touched")} ${count(r.honest_customers)}`],
      [W("cost"), money(cost), Math.abs(extra) < 1 ? W("cheapest") : `${extra > 0 ? "+" : "−"}${money(Math.abs(extra))}`, extra < -1 ? "" : extra > 1 ? "bad" : "good"],
    ];
    readout.replaceChildren(...entries.map(([name, value, beside, look]) => html("div", {}, html("dt", {}, name), html("dd", {}, value, html("small", {class: look || null}, beside)))));
  }
  let held = null;
  const nearest = event => {
    const box = c.node.getBoundingClientRect(), at = x.invert((event.clientX - box.left) * c.width / box.width);
    return curve.reduce((best, p, i) => Math.abs(Math.log(perDay(p) + 1e-9) - Math.log(at)) < Math.abs(Math.log(perDay(curve[best]) + 1e-9) - Math.log(at)) ? i : best, 0);
  };
  for (const name of ["review", "decline"]) handles[name].addEventListener("pointerdown", event => { held = name; c.node.setPointerCapture(event.pointerId); event.preventDefault(); });
  c.node.addEventListener("pointermove", event => {
    if (held) return move(held, nearest(event));
    const p = curve[nearest(event)];
    if (event.target.closest(".handle, circle")) return;
    showTip(event, `${W("score")} ≥ ${far(p.threshold)}\n${W("flagged")} ${grouped(perDay(p), 1)}\n${W("money_caught")} ${money(p.fraud_minor)} (${share(p.fraud_minor / total)})\n${W("honest_touched")} ${count(p.honest_customers)}`);
  });
  c.node.addEventListener("pointerup", () => { held = null; });
  c.node.addEventListener("pointerleave", () => { tip.hidden = true; });
  update();
};
