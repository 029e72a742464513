// The page itself: language, theme, sections in the address, tables that sort and filter, drawing when there is room.
function drawAll() {
  for (const figure of document.querySelectorAll(".chart")) draw(figure);
}

function draw(figure) {
  const host = figure.querySelector(".plot");
  host.replaceChildren();
  charts[figure.dataset.chart](host, figure.dataset.of);
  figure.dataset.width = host.clientWidth;
}

const sections = [...document.querySelectorAll("main section[id]")];
let here = "answer";

function remember() {
  try { history.replaceState(null, "", `#${here};${state.lang}`); } catch { /* some viewers forbid it; nothing depends on it */ }
}

// The line under the reader's eye stays where it was, although every text above it changes its length.
function setLanguage(lang) {
  const anchor = sections.find(s => s.getBoundingClientRect().bottom > 80) ?? sections[0];
  const held = [...anchor.querySelectorAll("h2,h3,p,tr,figure,dt")].find(n => n.getBoundingClientRect().top > 60) ?? anchor;
  const before = held.getBoundingClientRect().top;
  state.lang = lang;
  root.dataset.lang = lang;
  root.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = say(R.title);
  for (const button of document.querySelectorAll("[data-set-lang]")) button.setAttribute("aria-pressed", String(button.dataset.setLang === lang));
  for (const input of document.querySelectorAll(".filter")) { input.placeholder = W("filter"); input.setAttribute("aria-label", W("filter")); }
  drawAll();
  window.scrollBy({top: held.getBoundingClientRect().top - before, behavior: "instant"});
}

for (const button of document.querySelectorAll("[data-set-lang]")) button.addEventListener("click", () => { setLanguage(button.dataset.setLang); remember(); });

document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

function goTo(hash, jump) {
  const [anchor, lang] = decodeURIComponent(hash.slice(1)).split(";");
  if ((lang === "zh" || lang === "en") && lang !== state.lang) setLanguage(lang);
  const target = anchor && document.getElementById(anchor);
  if (anchor === "answer" && jump) return window.scrollTo({top: 0, behavior: "instant"});
  if (target && jump) target.scrollIntoView({behavior: "instant"});
}

for (const link of document.querySelectorAll('a[href^="#"]')) link.addEventListener("click", event => {
  const target = document.getElementById(link.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  if (target.id === "answer") scrollTo({top: 0}); else target.scrollIntoView();
  here = target.id;
  remember();
});
addEventListener("hashchange", () => goTo(location.hash, true));

function markPlace() {
  const bottom = scrollY > 0 && innerHeight + scrollY >= document.body.scrollHeight - 2;
  const now = bottom ? sections[sections.length - 1] : [...sections].reverse().find(s => s.getBoundingClientRect().top < 140) ?? sections[0];
  for (const link of document.querySelectorAll("nav a")) link.toggleAttribute("aria-current", link.hash === `#${now.id}`);
  if (now.id !== here) { here = now.id; remember(); }
}

let waiting = false;
addEventListener("scroll", () => {
  if (waiting) return;
  waiting = true;
  setTimeout(() => { waiting = false; markPlace(); }, 120);
}, {passive: true});

for (const table of document.querySelectorAll("table[data-sortable]")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    const rising = head.getAttribute("aria-sort") === "descending", value = row => {
      const cell = row.cells[column], text = cell.dataset.sort ?? cell.innerText.trim(), number = Number(text);
      return text !== "" && !Number.isNaN(number) ? number : text;
    };
    const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), state.lang);
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort((a, b) => (rising ? 1 : -1) * compare(value(a), value(b))));
  }));
}

for (const table of document.querySelectorAll("table[data-filterable]")) {
  const input = html("input", {type: "search", class: "filter"});
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of table.tBodies[0].rows) row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
  });
  table.parentElement.before(input);
}

// Drawn anew when the place's width changes, and at paper width before printing.
let timer = 0;
addEventListener("resize", () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    for (const figure of document.querySelectorAll(".chart")) if (figure.querySelector(".plot").clientWidth !== +figure.dataset.width) draw(figure);
  }, 120);
});
addEventListener("beforeprint", () => { state.paper = true; drawAll(); });
addEventListener("afterprint", () => { state.paper = false; drawAll(); });

const asked = decodeURIComponent(location.hash.slice(1)).split(";")[1];
setLanguage(asked === "zh" || asked === "en" ? asked : root.dataset.first ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en"));
goTo(location.hash, true);
markPlace();
