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

// A slider says its number.
document.querySelectorAll("output[data-of]").forEach((output) => {
  const slider = document.getElementById(output.dataset.of);
  slider.addEventListener("input", () => { output.textContent = slider.value; });
});
