// Shows what a shape says of itself when it is pointed at, tapped or focused. Everything else works without it.
(() => {
  const box = document.getElementById("tip");
  const hide = () => { box.hidden = true; };
  const show = (event) => {
    const shape = event.target.closest("[data-tip]");
    if (!shape) return hide();
    box.replaceChildren(...shape.dataset.tip.split("|").map((text) => {
      const row = document.createElement("div");
      row.textContent = text;
      return row;
    }));
    box.hidden = false;
    const x = Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8);
    const above = event.clientY - box.offsetHeight - 12;
    box.style.left = `${Math.max(x, 8)}px`;
    box.style.top = `${above > 4 ? above : event.clientY + 16}px`;
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("scroll", hide, { passive: true });
})();
