// Small comforts on top of pages that work without them.
"use strict";

// A draft of what is typed: sent to the server, and kept on the phone only while it can not be sent.
document.querySelectorAll("form[data-draft]").forEach((form) => {
  const key = form.dataset.draft;
  const state = form.querySelector(".draft-state");
  const token = form.querySelector("input[name=form_token]").value;
  const local = "draft:" + key;
  let timer = null;

  const typed = () => {
    const found = {};
    new FormData(form).forEach((value, name) => {
      if (name === "form_token" || typeof value !== "string") return;
      (found[name] = found[name] || []).push(value);
    });
    return JSON.stringify(found);
  };

  const send = async (content) => {
    try {
      const answer = await fetch("/drafts/" + key, {
        method: "POST",
        headers: { "x-form-token": token, "content-type": "application/json" },
        body: content,
      });
      if (!answer.ok) throw new Error(answer.status);
      localStorage.removeItem(local);
      state.textContent = state.dataset.saved;
    } catch {
      localStorage.setItem(local, content);
      state.textContent = state.dataset.waiting;
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => send(typed()), 800);
  });
  window.addEventListener("online", () => {
    const kept = localStorage.getItem(local);
    if (kept) send(kept);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    localStorage.removeItem(local);
  });

  const kept = localStorage.getItem(local);
  if (kept && !form.querySelector(".wrong")) {
    Object.entries(JSON.parse(kept)).forEach(([name, values]) => {
      form.querySelectorAll(`[name="${CSS.escape(name)}"]`).forEach((field) => {
        if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
        else if (field.type !== "hidden") field.value = values[0];
      });
    });
    send(kept);
  }
});

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
