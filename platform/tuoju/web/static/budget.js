// The sums of a budget while it is typed. The server computes and checks them again when the part is saved.
(function () {
  "use strict";
  const sums = document.querySelector("[data-budget-sums]");
  if (!sums) return;
  function fen(field) {
    const text = field.value.replace(/[\s,，¥元]/g, "");
    const inTenThousands = /万$/.test(text);
    const value = Number(text.replace(/万$/, ""));
    return Number.isFinite(value) ? Math.round(value * 100 * (inTenThousands ? 10000 : 1)) : 0;
  }
  function show(name, amount) {
    const words = (amount / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    sums.querySelector("[data-sum=" + name + "]").textContent = words;
  }
  function add() {
    let total = 0;
    let award = 0;
    document.querySelectorAll("[data-budget-line]").forEach(function (line) {
      const count = line.querySelector("[name$=-count]").value.trim();
      total += fen(line.querySelector("[name$=-price]")) * (count === "" ? 1 : Number(count) || 0);
      award += fen(line.querySelector("[name$=-award]"));
    });
    show("total", total);
    show("award", award);
    show("matching", total - award);
    sums.hidden = false;
  }
  document.addEventListener("input", add);
  add();
})();
