// Forms that act: sent without leaving the page, so that a refusal loses nothing of what was typed.
(() => {
  "use strict";
  const SAID = "huitong.said";
  const STOOD = "huitong.stood";
  const UNFOLDED = "huitong.unfolded";
  const SAY_AFTER_MS = 700;
  const OCCUPIED_MS = 1000;
  const QUIET_MS = 5000;
  const fresh = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return `web:${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  };
  const page = () => document.getElementById("acting")?.dataset ?? {};

  const told = (text) => {
    const place = document.getElementById("said");
    if (!place || !text) return;
    place.textContent = text;
    place.hidden = false;
  };

  // Whoever is brought back to a page goes on where they stood: at the same door; in rows of which one came after another, at the next row's door of
  // the same name, unless that is red. Else at what is said, or at the part of the page: never at an act that does something else, which Enter would begin.
  const parts = () => [document.querySelector("main .head"), ...document.querySelectorAll("main section")];
  const label = (door) => door.textContent.trim();
  const alikeIn = (place, words) => [...(place?.querySelectorAll("tr [data-opens], tr form[data-act].at-once button") ?? [])].filter((door) => label(door) === words && !door.matches(".danger"));
  const sent = (form) => `${form.action} ${new URLSearchParams(new FormData(form))}`;
  const named = (door) => door.dataset.opens ?? (door.form?.matches(".at-once") ? sent(door.form) : `${door.tagName} ${label(door)}`);
  const doors = (name) => [...document.querySelectorAll("a[href], button, summary, [tabindex]")].filter((door) => named(door) === name);
  const remember = (door, still) => {
    if (!door || door === document.body) return;
    const name = named(door);
    const part = parts().findLastIndex((place) => place?.contains(door));
    const words = label(door);
    const row = alikeIn(parts()[part], words).indexOf(door);
    sessionStorage.setItem(STOOD, JSON.stringify({ page: location.pathname, name, nth: doors(name).indexOf(door), part, words, row, still }));
  };
  const goBack = () => {
    const was = JSON.parse(sessionStorage.getItem(STOOD) ?? "null");
    sessionStorage.removeItem(STOOD);
    if (!was) return;
    const here = was.page === location.pathname; // else an act led elsewhere, where its door is not
    const same = here ? doors(was.name) : [];
    const next = !here || was.row < 0 ? [] : alikeIn(parts()[was.part], was.words);
    const door = same[Math.min(was.nth, same.length - 1)] ?? next[Math.min(was.row, next.length - 1)];
    const said = document.getElementById("said");
    const to = door ?? (said && !said.hidden ? said : here ? parts()[was.part] : document.querySelector("main h1"));
    if (!door) to?.setAttribute("tabindex", "-1");
    to?.focus({ preventScroll: was.still });
  };
  // What somebody unfolded stays so when the page is loaded anew where they are: by its place in the part of the page that has a name of its own.
  const folds = () => [...document.querySelectorAll("main details")].map((one) => {
    const part = one.parentElement.closest("[id]");
    return [one, `${part.id} ${[...part.querySelectorAll("details")].indexOf(one)}`];
  });
  const rememberUnfolded = () => {
    const open = folds().filter(([one]) => one.open).map(([, name]) => name);
    sessionStorage.setItem(UNFOLDED, JSON.stringify({ page: location.pathname, open, scrolled: scrollY }));
  };
  const unfoldAgain = () => {
    const was = JSON.parse(sessionStorage.getItem(UNFOLDED) ?? "null");
    sessionStorage.removeItem(UNFOLDED);
    if (was?.page !== location.pathname) return;
    for (const [one, name] of folds()) one.open = one.open || was.open.includes(name);
    scrollTo(scrollX, was.scrolled);
  };
  const doorOf = (form) => {
    const dialog = form.closest("dialog")?.id;
    return dialog ? document.querySelector(`main [data-opens="${CSS.escape(dialog)}"]`) : form.querySelector("button");
  };
  // A key that is held down would press what stands there next, too.
  document.addEventListener("keydown", (event) => {
    if (event.repeat && event.key === "Enter" && event.target instanceof HTMLButtonElement) event.preventDefault();
  });

  const kept = (form) => form.dispatchEvent(new CustomEvent("kept", { bubbles: true }));
  const goOn = (form, answer) => {
    sessionStorage.setItem(SAID, answer.said ?? "");
    remember(doorOf(form), false);
    kept(form);
    const to = new URL(answer.goto || location.href, location.href);
    if (to.href === location.href) {
      rememberUnfolded();
      history.scrollRestoration = "manual"; // the browser would scroll back from what is said, once all is there
      location.reload();
    }
    else location.assign(to);
  };

  const showOnce = (form, answer) => {
    const dialog = document.getElementById("shown-once");
    dialog.querySelector("[data-said]").textContent = answer.said;
    dialog.querySelector("output").textContent = answer.shown_once;
    if (answer.seen_again) dialog.querySelector("[data-once]").textContent = answer.seen_again;
    dialog.addEventListener("close", () => goOn(form, { goto: answer.goto }), { once: true });
    form.closest("dialog")?.close();
    dialog.showModal();
  };

  // Outside of HTTPS and of this machine a page has no clipboard: then what is to be copied is at least selected.
  const copy = async (button) => {
    const from = document.getElementById(button.dataset.copies);
    const said = button.parentElement.querySelector("[data-copied]");
    getSelection()?.selectAllChildren(from);
    try {
      await navigator.clipboard.writeText(from.textContent);
      said.textContent = said.dataset.copied;
    } catch {
      said.textContent = said.dataset.notCopied;
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copies]") : null;
    if (button) copy(button);
  });

  // A session may end while somebody types: who signs in again in another tab sends what stands here with that one's token.
  const renewed = async () => {
    const reply = await fetch("/account/renewed");
    const known = (reply.headers.get("content-type") ?? "").startsWith("application/json") ? await reply.json() : {};
    const who = document.querySelector(".who-name")?.textContent;
    if (!known.csrf || known.who !== who || known.csrf === page().csrf) return false;
    document.getElementById("acting").dataset.csrf = known.csrf;
    return true;
  };
  const send = async (path, body, again = true) => {
    const reply = await fetch(path, { method: "POST", body, headers: { "x-csrf-token": page().csrf ?? "" } });
    if (!(reply.headers.get("content-type") ?? "").startsWith("application/json")) throw new Error(reply.statusText);
    const answer = await reply.json();
    return again && answer.code === "access.csrf" && await renewed() ? send(path, body, false) : answer;
  };
  window.huitong = { send };

  const wait = (form) => {
    const said = document.createElement("p");
    said.className = "waiting muted";
    said.setAttribute("role", "status");
    said.textContent = page().busy ?? "";
    form.append(said);
  };

  // The code of a refusal ends with the name of the field that it is about, or names it before what is wrong with it.
  const mark = (form, code) => {
    const at = (field) => `.${code}.`.lastIndexOf(`.${field.name}.`);
    const [field] = [...form.elements].filter((one) => one.name && one.type !== "hidden" && at(one) >= 0).sort((one, other) => at(other) - at(one));
    if (!field) return;
    field.setAttribute("aria-invalid", "true");
    field.addEventListener("input", () => field.removeAttribute("aria-invalid"), { once: true });
    field.focus();
  };

  const refuse = (form, cause, remedy, href, words) => {
    const place = form.querySelector(".wrong");
    const first = document.createElement("p");
    const second = document.createElement("p");
    first.textContent = cause;
    second.textContent = remedy;
    if (href) {
      kept(form); // the way leads to a version with exactly what was typed
      const way = document.createElement("a");
      way.href = href;
      way.textContent = words;
      second.append(" ", way);
    }
    place.replaceChildren(first, second);
    place.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-act")) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    form.querySelector(".wrong")?.replaceChildren();
    form.querySelectorAll(".field [aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
    form.dataset.command ||= fresh();
    const buttons = form.querySelectorAll("button[type=submit]");
    buttons.forEach((button) => button.setAttribute("aria-disabled", "true")); // one that is really disabled loses the focus
    const waiting = setTimeout(() => wait(form), SAY_AFTER_MS);
    try {
      const body = new FormData(form);
      body.set("command", form.dataset.command);
      const answer = await send(form.action, body);
      if (answer.cause) {
        refuse(form, answer.cause, answer.remedy, answer.href, answer.link);
        mark(form, answer.code);
      }
      else if (answer.shown_once) showOnce(form, answer);
      else goOn(form, answer);
    } catch {
      refuse(form, page().lost, page().lostRemedy);
    } finally {
      clearTimeout(waiting);
      form.querySelector(".waiting")?.remove();
      delete form.dataset.busy;
      buttons.forEach((button) => button.removeAttribute("aria-disabled"));
    }
  });

  // A page that looks again by itself waits for whoever types, has a dialog open or has just been on the way through it.
  let touched = -Infinity;
  for (const one of ["keydown", "pointerdown", "wheel"]) {
    document.addEventListener(one, () => { touched = performance.now(); }, { capture: true, passive: true });
  }
  const occupied = () =>
    performance.now() - touched < QUIET_MS ||
    document.querySelector("dialog[open]") ||
    document.activeElement?.matches("input, textarea, select, [contenteditable]") ||
    [...document.querySelectorAll("input, textarea")].some((field) => field.offsetParent && field.value !== field.defaultValue);
  const lookAgain = (ms) => setTimeout(() => {
    if (occupied()) { lookAgain(OCCUPIED_MS); return; }
    remember(document.activeElement, true);
    rememberUnfolded();
    location.reload();
  }, ms);

  const restoreAgain = () => { history.scrollRestoration = "auto"; };
  const arrived = () => {
    told(sessionStorage.getItem(SAID));
    sessionStorage.removeItem(SAID);
    unfoldAgain();
    if (document.readyState === "complete") restoreAgain(); else addEventListener("load", () => setTimeout(restoreAgain));
    const seconds = Number(page().again);
    if (seconds) lookAgain(seconds * 1000);
    goBack();
  };
  if (document.getElementById("acting")) arrived();
  else new MutationObserver((_, watch) => {
    if (document.getElementById("acting")) { watch.disconnect(); arrived(); }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
