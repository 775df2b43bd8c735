// Tabs, sortable tables, the choice of an order and of light or dark. Without it the page shows its first choices.
(() => {
  const root = document.documentElement;
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  const choose = (group, name) => {
    document.querySelectorAll(`[data-of="${group}"]`).forEach((part) => { part.hidden = part.dataset.name !== name; });
    document.querySelectorAll(`button[data-group="${group}"]`).forEach((tab) => {
      tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
    });
  };
  document.querySelectorAll("button[data-group]").forEach((tab) => {
    tab.addEventListener("click", () => choose(tab.dataset.group, tab.dataset.tab));
  });
  document.querySelectorAll("select[data-group]").forEach((list) => {
    list.addEventListener("change", () => choose(list.dataset.group, list.value));
  });
  const value = (row, column) => {
    const cell = row.cells[column];
    const given = cell.dataset.value ?? cell.textContent.trim();
    const number = Number.parseFloat(given.replace(/[, %+$€£]/g, "").replace("−", "-"));
    return given === "–" || given === "" ? null : Number.isNaN(number) || /^[a-z]/i.test(given) ? given : number;
  };
  const sort = (head) => {
    const table = head.closest("table"), body = table.tBodies[0], column = head.cellIndex;
    const down = head.getAttribute("aria-sort") !== "descending";
    table.querySelectorAll("th[aria-sort]").forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].map((row) => [value(row, column), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
      return down ? -order : order;
    });
    body.append(...rows.map(([, row]) => row));
  };
  document.querySelectorAll("th[data-sort]").forEach((head) => {
    head.tabIndex = 0;
    head.addEventListener("click", () => sort(head));
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(head); });
  });
})();
