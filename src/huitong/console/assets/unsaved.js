// Edits that are no version yet are not lost by a slip: the console asks in the page's language, the browser where it is left otherwise.
(() => {
  "use strict";
  const EDITED = "input[name=shape], input[name^='score.'], textarea";
  const arrivedWith = new Map();
  let leaving = false;

  const standsIn = (form) => JSON.stringify([...form.querySelectorAll(EDITED)].map((one) => one.value));
  const unsaved = () => !leaving && [...arrivedWith].some(([form, first]) => form.isConnected && standsIn(form) !== first);

  const ask = (goOn) => {
    const dialog = document.getElementById("unsaved");
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "leave") return;
      leaving = true;
      goOn();
    }, { once: true });
    dialog.showModal();
  };

  const staysHere = (link) => {
    const to = new URL(link.href, location.href);
    const samePage = to.origin + to.pathname + to.search === location.origin + location.pathname + location.search;
    return (samePage && to.hash !== "") || link.target === "_blank" || link.hasAttribute("download");
  };
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !unsaved()) return; // another tab leaves nothing
    const target = event.target instanceof Element ? event.target.closest("a[href], [data-cookie], tr[data-href]") : null;
    if (!target || (target instanceof HTMLAnchorElement && staysHere(target))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(() => target.click());
  }, true);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method === "dialog" || form.hasAttribute("data-act") || !unsaved()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter;
    ask(() => form.requestSubmit(button));
  }, true);
  document.addEventListener("kept", (event) => { if (arrivedWith.has(event.target)) arrivedWith.set(event.target, standsIn(event.target)); });
  addEventListener("beforeunload", (event) => {
    if (!unsaved()) return;
    event.preventDefault();
    event.returnValue = "";
  });

  const arrived = () => {
    const forms = document.querySelectorAll("form[data-unsaved]");
    for (const form of forms) arrivedWith.set(form, standsIn(form));
    return forms.length > 0;
  };
  if (!arrived()) new MutationObserver((_, watch) => { if (arrived()) watch.disconnect(); }).observe(document.documentElement, { childList: true, subtree: true });
})();
