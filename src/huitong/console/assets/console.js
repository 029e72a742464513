// Keys, rows that open, and the two switches. Everything else works without a script.
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll("main tr[data-href] a.row, main a.row")];
  const typing = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]");

  // A page that is shown once holds both languages: asked for again, it would be without what it shows.
  const saidInPlace = () => {
    const parts = [...document.querySelectorAll("[data-said-in]")];
    for (const part of parts) part.hidden = !part.hidden;
    const shown = parts.filter((part) => !part.hidden);
    if (!shown.length) return false;
    document.documentElement.lang = shown[0].lang;
    document.title = shown[0].dataset.title;
    shown.map((part) => part.querySelector("[data-other-language]")).find(Boolean)?.focus();
    return true;
  };

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    const cookie = target.closest("[data-cookie]");
    if (cookie) {
      document.cookie = `${cookie.dataset.cookie}; path=/; max-age=31536000; samesite=lax`;
      if (!saidInPlace()) location.reload();
      return;
    }
    const opens = target.closest("[data-opens]");
    if (opens) {
      if (document.activeElement === document.body) opens.focus({ preventScroll: true }); // a dialog that is closed gives the focus back to where it was
      document.getElementById(opens.dataset.opens)?.showModal();
      if (document.activeElement instanceof HTMLInputElement) document.activeElement.select(); // what is typed takes the place of a proposal
      return;
    }
    const closes = target.closest("[data-closes]");
    if (closes) { closes.closest("dialog")?.close(); return; }
    const row = target.closest("tr[data-href]");
    if (row && !target.closest("a, button, input, select, label, summary") && !String(getSelection())) {
      if (event.ctrlKey || event.metaKey) open(row.dataset.href, "_blank", "noopener");
      else location.assign(row.dataset.href);
    }
  });

  // The first act is the blue button wherever it stands, else the head's first one. A blue one that acts at once counts in the head only.
  const firstAct = () => {
    const shown = (where) => [...document.querySelectorAll(where)].find((button) => button.checkVisibility());
    return shown("main .head .primary[data-first-act], main .primary[data-opens]") ?? shown("[data-first-act]");
  };

  // Who chooses with the arrow keys passes over values on the way: only a pointer's choice is sent at once, a key's with the button.
  let pointed = false;
  document.addEventListener("pointerdown", () => { pointed = true; }, true);
  document.addEventListener("keydown", () => { pointed = false; }, true);
  document.addEventListener("change", (event) => {
    const control = event.target instanceof Element ? event.target.closest("form.filters select") : null;
    if (control && pointed) control.form.requestSubmit();
  });

  // A page is whole once it is there, and its forms are sent by themselves. NiceGUI would load it anew when its connection comes back after a while, or
  // comes to another process, and what somebody typed would be gone: so a connection that is lost stays lost, until the next page.
  const staysAsItIs = () => {
    const { socket } = window;
    socket?.off("connect_error").off("try_reconnect").on("disconnect", () => {
      socket.disconnect();
      document.getElementById("popup").ariaHidden = true; // it says that it tries to connect again
    });
  };

  // On a phone the pages stand in one line, of which the page that is open may lie outside.
  const arrived = () => {
    const here = document.querySelector("nav.pages a[aria-current]");
    const line = here?.closest("nav");
    if (line) line.scrollLeft = here.offsetLeft - (line.clientWidth - here.offsetWidth) / 2;
    const whole = Boolean(document.getElementById("content"));
    if (whole) staysAsItIs();
    return whole;
  };
  if (!arrived()) new MutationObserver((_, watch) => { if (arrived()) watch.disconnect(); }).observe(document.documentElement, { childList: true, subtree: true });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "get") return;
    for (const field of form.querySelectorAll("input, select")) field.disabled = field.disabled || field.value === "";
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (typing(event.target) || document.querySelector("dialog[open], .q-dialog")) return;
    const move = { j: 1, k: -1 }[event.key];
    if (move) {
      const all = rows();
      const at = all.indexOf(document.activeElement);
      const next = all[at < 0 ? (move > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + move, 0), all.length - 1)];
      next?.focus();
      next?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "/") {
      document.querySelector("form.search input")?.focus();
    } else if (event.key === "?") {
      document.querySelector("[data-opens=keys]")?.click();
    } else if (event.key === "e") {
      firstAct()?.click();
    } else return;
    event.preventDefault();
  });
})();
