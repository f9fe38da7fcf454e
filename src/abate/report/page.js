// What a figure says on pointing: the sentence is in the mark itself, for eyes, keys and screen readers.
(() => {
  const tip = document.getElementById("tip");
  const marks = (svg) => [...svg.querySelectorAll('[role="graphics-symbol"][aria-label]:not(.role-legend):not(.role-axis)')];
  const show = (mark) => {
    tip.textContent = mark.getAttribute("aria-label");
    tip.hidden = false;
    const box = mark.getBoundingClientRect();
    const left = Math.min(Math.max(8, box.left), innerWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = left + "px";
    tip.style.top = (above > 0 ? above : box.bottom + 8) + "px";
  };
  const hide = () => { tip.hidden = true; };
  for (const svg of document.querySelectorAll("figure svg")) {
    const all = marks(svg);
    let at = -1;
    svg.setAttribute("tabindex", "0");
    svg.addEventListener("pointerover", (event) => {
      const mark = event.target.closest('[role="graphics-symbol"][aria-label]');
      if (mark && all.includes(mark)) show(mark); else hide();
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide, true);
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (!step || !all.length) return;
      event.preventDefault();
      at = (at + step + all.length) % all.length;
      for (const mark of all) mark.removeAttribute("tabindex");
      all[at].setAttribute("tabindex", "-1");
      all[at].focus({ preventScroll: false });
      show(all[at]);
    });
  }
  for (const tabs of document.querySelectorAll(".tabs")) {
    tabs.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      for (const other of tabs.querySelectorAll("button")) {
        const chosen = other === button;
        other.setAttribute("aria-pressed", chosen);
        document.getElementById(other.dataset.panel).hidden = !chosen;
      }
    });
  }
  // From any cell of a lane to the timeline of its patient.
  const choice = document.getElementById("patient-choice");
  if (choice) {
    const go = () => {
      for (const option of choice.options) document.getElementById(option.value).hidden = option.value !== choice.value;
    };
    choice.addEventListener("change", go);
    const open = (mark) => {
      const said = mark && mark.getAttribute("aria-label");
      const option = said && [...choice.options].find((item) => said.startsWith(item.textContent + ",") || said.startsWith(item.textContent + ":"));
      if (!option) return;
      choice.value = option.value;
      go();
      choice.scrollIntoView({ block: "start" });
    };
    for (const svg of document.querySelectorAll("#toxicity figure svg")) {
      svg.addEventListener("click", (event) => open(event.target.closest('[role="graphics-symbol"][aria-label]')));
      svg.addEventListener("keydown", (event) => { if (event.key === "Enter") open(event.target.closest('[role="graphics-symbol"][aria-label]')); });
    }
  }
  document.addEventListener("scroll", hide, { passive: true });
})();
