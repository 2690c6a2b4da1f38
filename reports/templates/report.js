"use strict";
// Sorting by a click on a column's header, or Enter or Space on it. A summary body stays where it is.
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  if (original.length < 3 || "fixed" in table.dataset) continue;
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const raw = row.cells[column].dataset.sort;
    return raw === undefined || heads[column].classList.contains("text") ? raw : Number(raw);
  };
  const compare = (a, b) =>
    typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true });
  const sort = (column) => {
    const next = { none: "ascending", ascending: "descending", descending: "none" };
    const order = next[heads[column].getAttribute("aria-sort")];
    for (const head of heads) head.setAttribute("aria-sort", "none");
    heads[column].setAttribute("aria-sort", order);
    const rows = [...original];
    if (order !== "none") {
      const sign = order === "ascending" ? 1 : -1;
      rows.sort((r, s) => {
        const a = value(r, column), b = value(s, column);
        if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
        return sign * compare(a, b);
      });
    }
    body.append(...rows);
  };
  heads.forEach((head, column) => {
    const label = head.firstElementChild;
    head.setAttribute("aria-sort", "none");
    label.setAttribute("role", "button");
    label.tabIndex = 0;
    label.addEventListener("click", () => sort(column));
    label.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sort(column);
    });
  });
}
// A region that does not scroll needs no stop of the Tab key.
const regions = document.querySelectorAll(".scroll");
const stops = () => {
  for (const region of regions) {
    if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  }
};
addEventListener("resize", stops);
stops();
