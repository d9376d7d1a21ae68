// Small comforts on top of pages that work without them.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 4000);
});

document.querySelectorAll("select[data-submits]").forEach((select) => {
  select.addEventListener("change", () => select.form.requestSubmit());
});

document.querySelectorAll("[data-selects]").forEach((field) => {
  field.addEventListener("focus", () => field.select());
});

// "/" goes to the search box, unless something is being typed.
document.addEventListener("keydown", (event) => {
  const box = document.getElementById("find");
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing || !box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// A slider says its number.
document.querySelectorAll("output[data-of]").forEach((output) => {
  const slider = document.getElementById(output.dataset.of);
  slider.addEventListener("input", () => { output.textContent = slider.value; });
});
