// Tables of cells that are edited: rows that move, names that complete themselves, problems told while one types, a trial on the last days.
(() => {
  "use strict";
  const CHECK_AFTER_MS = 350;
  const SHOWN_MAX = 9;
  let asked = 0;
  let edited = 0;
  let fresh = 0;
  let timer = 0;

  const formOf = (target) => (target instanceof Element ? target.closest("form[data-grid]") : null);
  const rowsOf = (form) => [...form.querySelectorAll("table.grid tbody tr")];
  const cellsOf = (row) => [...row.querySelectorAll("textarea.cell")];
  const texts = (row, kind) => cellsOf(row).filter((cell) => cell.dataset.kind === kind).map((cell) => cell.value);

  const scoresOf = (form) => [...form.querySelectorAll("table.scores input")];

  const collect = (form) => {
    if (form.dataset.grid === "thresholds") return [];
    if (form.dataset.grid === "rules") {
      return Object.fromEntries([...form.querySelectorAll("textarea.cell")].map((cell) => [cell.dataset.rule, cell.value]));
    }
    return rowsOf(form).map((row) => ({
      origin: row.dataset.origin === "" ? null : Number(row.dataset.origin),
      inputs: texts(row, "inputs"),
      outputs: texts(row, "outputs"),
      annotations: texts(row, "annotations"),
    }));
  };
  const fill = (form) => { form.elements.rows.value = JSON.stringify(collect(form)); };

  const ask = async (form, path, more = []) => {
    fill(form);
    const body = new FormData(form);
    for (const [name, value] of more) body.set(name, value);
    return window.huitong.send(path, body); // of acts.js, which every page of an editor has
  };
  const tell = (place, answer) => {
    if (answer.cause) {
      const said = document.createElement("div");
      said.className = "wrong";
      for (const text of [answer.cause, answer.remedy ?? ""]) {
        const line = document.createElement("p");
        line.textContent = text;
        said.append(line);
      }
      place.replaceChildren(said);
    } else place.innerHTML = answer.html;
  };
  const lost = (place) => {
    const page = document.getElementById("acting")?.dataset ?? {};
    tell(place, { cause: page.lost ?? "", remedy: page.lostRemedy ?? "" });
  };

  const marked = (form, marks) => {
    for (const cell of form.querySelectorAll("textarea.cell")) {
      cell.removeAttribute("aria-invalid");
      cell.removeAttribute("title");
      cell.classList.remove("doubt");
    }
    const rows = rowsOf(form);
    for (const mark of marks) {
      const cells = rows[mark.row - 1] ? cellsOf(rows[mark.row - 1]) : [];
      const these = mark.cell ? cells.filter((cell) => cell.dataset.cell === mark.cell) : cells.filter((cell) => cell.dataset.kind === "inputs");
      for (const cell of these) {
        if (mark.error) cell.setAttribute("aria-invalid", "true");
        else cell.classList.add("doubt");
        cell.title = mark.text;
      }
    }
  };

  const check = async (form) => {
    const mine = ++asked;
    const place = form.querySelector(".found");
    try {
      const answer = await ask(form, "/ask/policy.check");
      if (mine !== asked) return;
      tell(place, answer);
      marked(form, answer.marks ?? []);
      for (const field of scoresOf(form)) {
        if (answer.code?.endsWith(`.${field.name}`)) field.setAttribute("aria-invalid", "true");
        else field.removeAttribute("aria-invalid");
      }
      form.dataset.checked = String(Number(form.dataset.checked ?? 0) + 1);
    } catch {
      if (mine === asked) lost(place);
    }
  };
  const soon = (form) => {
    edited += 1;
    form.querySelector(".tried").replaceChildren(); // it was about what stood there before
    clearTimeout(timer);
    timer = setTimeout(() => check(form), CHECK_AFTER_MS);
  };

  const trial = async (form, button) => {
    const place = form.querySelector(".tried");
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    place.textContent = button.dataset.busy;
    const at = edited;
    try {
      const answer = await ask(form, "/ask/policy.trial");
      if (at === edited) tell(place, answer);
    } catch {
      lost(place);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  };

  // The shape of a table is changed in the page, beside its cells, and drafted with them.
  const SHAPE = "/act/policy.shape";
  const reshape = async (form, more, wrong) => {
    if (form.dataset.reshaping) return false;
    form.dataset.reshaping = "yes";
    try {
      const answer = await ask(form, "/ask/policy.shape", more);
      if (answer.cause) { tell(wrong, answer); return false; }
      const place = form.querySelector("[data-shaped]");
      tell(place, answer);
      const fresh = place.querySelector("template[data-dialogs]");
      for (const dialog of [...fresh.content.children]) document.getElementById(dialog.id)?.replaceWith(dialog);
      fresh.remove();
      check(form);
      return true;
    } catch {
      lost(wrong);
      return false;
    } finally {
      delete form.dataset.reshaping;
    }
  };
  document.addEventListener("submit", async (event) => {
    const asked = event.target;
    if (!(asked instanceof HTMLFormElement) || asked.getAttribute("action") !== SHAPE) return;
    event.preventDefault();
    event.stopPropagation();
    const form = document.querySelector("form[data-grid]");
    const dialog = asked.closest("dialog");
    if (!(await reshape(form, new FormData(asked), asked.querySelector(".wrong")))) return;
    dialog?.close();
    dialog?.remove();
    document.querySelector(`[data-opens="${dialog?.id}"]`)?.focus();
  }, true);

  const numbered = (form) => rowsOf(form).forEach((row, at) => { row.querySelector("[data-number]").textContent = String(at + 1); });
  const changed = (form) => { numbered(form); soon(form); };
  const add = (form, after) => {
    const template = form.querySelector("template");
    if (!template) return;
    const box = document.createElement("tbody");
    box.innerHTML = template.innerHTML.replaceAll("KEY", `new-${++fresh}`);
    const row = box.firstElementChild;
    if (after) after.after(row);
    else form.querySelector("table.grid tbody").append(row);
    changed(form);
    cellsOf(row)[0]?.focus();
  };
  const move = (form, row, by, focused) => {
    const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (by < 0) other.before(row);
    else other.after(row);
    changed(form);
    focused?.focus();
  };
  const remove = (form, row) => {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const at = Math.max(cellsOf(row).indexOf(document.activeElement), 0);
    row.remove();
    changed(form);
    if (next) cellsOf(next)[at]?.focus();
    else form.querySelector("[data-add]")?.focus();
  };
  const step = (form, cell, by) => {
    const rows = rowsOf(form);
    const row = cell.closest("tr");
    const next = rows[rows.indexOf(row) + by];
    if (next) cellsOf(next)[cellsOf(row).indexOf(cell)]?.focus();
    return Boolean(next);
  };

  // Names that complete themselves.
  const WORDS = new Set(["and", "or", "not", "in", "between", "if", "then", "else", "some", "every", "satisfies", "return", "for", "true", "false", "null"]);
  const list = () => document.getElementById("completions");
  const open = () => { const all = list(); return all && !all.hidden ? all : null; };
  const close = () => {
    const all = open();
    if (!all) return;
    all.hidden = true;
    document.querySelectorAll("[aria-activedescendant]").forEach((cell) => cell.removeAttribute("aria-activedescendant"));
  };
  // What is pasted in several lines is seen in one, as it is sent.
  const oneLine = (cell) => {
    if (!cell.value.includes("\n")) return;
    const at = cell.selectionStart;
    cell.value = cell.value.replaceAll("\n", " ");
    cell.setSelectionRange(at, at);
  };
  const before = (cell) => cell.value.slice(0, cell.selectionStart ?? cell.value.length);
  const typedSoFar = (cell) => {
    const text = before(cell);
    const quoted = /"[^"]*$/.exec(text);
    if (quoted && (text.match(/"/g) ?? []).length % 2) return { token: quoted[0], quoted: true };
    return { token: /[\p{L}_][\p{L}\p{N}_]*$/u.exec(text)?.[0] ?? "", quoted: false };
  };
  const candidates = (form, cell, all) => {
    const { token, quoted } = typedSoFar(cell);
    const values = (cell.dataset.values?.match(/"[^"]*"/g) ?? []).map((value) => [value, ""]);
    const known = [...values, ...(quoted ? [] : JSON.parse(form.dataset.names))];
    if (!token) return all ? known.slice(0, 200) : [];
    if (!quoted && WORDS.has(token)) return []; // whole already: Enter goes on, and chooses nothing
    const wanted = token.toLowerCase();
    const begins = known.filter(([name]) => name.toLowerCase().startsWith(wanted) && name !== token);
    const holds = known.filter(([name, title]) => !begins.some(([one]) => one === name) && name !== token && (name.toLowerCase().includes(`_${wanted}`) || title.toLowerCase().includes(wanted)));
    return [...begins, ...holds].slice(0, SHOWN_MAX);
  };
  const choose = (cell, at) => {
    const all = [...list().children];
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
    cell.setAttribute("aria-activedescendant", all[at]?.id ?? "");
    all[at]?.scrollIntoView({ block: "nearest" });
  };
  const offer = (form, cell, every = false) => {
    const found = candidates(form, cell, every);
    if (!found.length) { close(); return; }
    const all = list();
    all.replaceChildren(...found.map(([name, title], at) => {
      const one = document.createElement("li");
      const said = document.createElement("span");
      one.id = `completion-${at}`;
      one.setAttribute("role", "option");
      one.dataset.name = name;
      one.textContent = name;
      said.textContent = title;
      one.append(said);
      return one;
    }));
    const box = cell.getBoundingClientRect();
    all.style.left = `${Math.min(box.left, innerWidth - 260)}px`;
    all.style.top = `${box.bottom + 2}px`;
    all.hidden = false;
    choose(cell, 0);
  };
  const accept = (cell) => {
    const chosen = list().querySelector("[aria-selected=true]");
    if (!chosen) return;
    const { token } = typedSoFar(cell);
    const start = (cell.selectionStart ?? cell.value.length) - token.length;
    cell.setRangeText(chosen.dataset.name, start, cell.selectionStart ?? cell.value.length, "end");
    close();
    soon(formOf(cell));
  };

  const inList = (event, cell) => {
    const all = open();
    if (!all) return false;
    const at = [...all.children].findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") choose(cell, (at + 1) % all.children.length);
    else if (event.key === "ArrowUp") choose(cell, (at - 1 + all.children.length) % all.children.length);
    else if (event.key === "Enter" || event.key === "Tab") accept(cell);
    else return false;
    return true;
  };
  // In a cell that wraps the arrows go from line to line first.
  const leaves = (cell, by) => {
    const style = getComputedStyle(cell);
    const height = cell.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    if (!(height > 1.5 * parseFloat(style.lineHeight))) return true;
    return by < 0 ? cell.selectionStart === 0 : cell.selectionEnd === cell.value.length;
  };
  const inGrid = (event, form, cell) => {
    const row = cell.closest("tr");
    const table = form.dataset.grid === "table";
    if (event.altKey && table && event.key === "ArrowUp") move(form, row, -1, cell);
    else if (event.altKey && table && event.key === "ArrowDown") move(form, row, 1, cell);
    else if (event.altKey && table && event.key === "Enter") add(form, row);
    else if (event.altKey && table && event.key === "Delete") remove(form, row);
    else if (event.altKey) return false;
    else if (event.key === "Escape") close(); // it stays in the cell: outside of one every letter is a shortcut
    else if (event.ctrlKey && event.key === " ") offer(form, cell, true);
    else if (event.key === "ArrowUp" && leaves(cell, -1)) step(form, cell, -1);
    else if (event.key === "Enter" || (event.key === "ArrowDown" && leaves(cell, 1))) step(form, cell, 1);
    else return false;
    return true;
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // an input method's keys
    const cell = event.target instanceof Element ? event.target.closest("textarea.cell") : null;
    const form = formOf(cell);
    if (!form) return;
    if (inList(event, cell) || inGrid(event, form, cell)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

  document.addEventListener("input", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const cell = target?.closest("textarea.cell");
    const form = formOf(target);
    if (!form) return;
    if (target.matches("table.scores input")) soon(form);
    if (!cell) return;
    oneLine(cell);
    if (cell.dataset.kind !== "annotations") offer(form, cell);
    soon(form);
  });
  document.addEventListener("focusout", (event) => { if (event.target instanceof Element && event.target.matches("textarea.cell")) close(); });
  document.addEventListener("mousedown", (event) => {
    const one = event.target instanceof Element ? event.target.closest("#completions li") : null;
    if (!one) return;
    event.preventDefault();
    choose(document.activeElement, [...list().children].indexOf(one));
    accept(document.activeElement);
  });
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest("button") : null;
    const form = formOf(target);
    if (!form) return;
    const row = target.closest("tr");
    if (target.hasAttribute("data-add")) add(form, null);
    else if (target.dataset.rowAct === "delete") remove(form, row);
    else if (target.dataset.rowAct) move(form, row, target.dataset.rowAct === "up" ? -1 : 1, target);
    else if (target.hasAttribute("data-trial")) trial(form, target);
    else if (target.hasAttribute("data-undo")) {
      reshape(form, [["how", "undo"]], form.querySelector(".wrong")).then((done) => {
        if (done && document.activeElement === document.body) form.querySelector("[data-undo], [data-add]")?.focus(); // who went on keeps the place
      });
    }
    else if (target.hasAttribute("data-goto")) {
      const cells = rowsOf(form)[Number(target.dataset.row) - 1] ? cellsOf(rowsOf(form)[Number(target.dataset.row) - 1]) : [];
      const cell = cells.find((one) => one.dataset.cell === target.dataset.cell) ?? cells[0];
      const at = Number(target.dataset.character);
      cell?.focus();
      if (cell && at) cell.setSelectionRange(at - 1, at);
    }
  });
  document.addEventListener("submit", (event) => {
    if (event.target instanceof HTMLFormElement && event.target.hasAttribute("data-grid")) fill(event.target);
  }, true);

  const arrived = () => {
    const form = document.querySelector("form[data-grid]");
    if (form) check(form);
    return Boolean(form);
  };
  if (!arrived()) new MutationObserver((_, watch) => { if (arrived()) watch.disconnect(); }).observe(document.documentElement, { childList: true, subtree: true });
})();
