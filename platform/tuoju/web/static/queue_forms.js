// The forms of a page in the device queue: kept while one types, sent when one sends, back after whatever came between.
/* global deviceStore, deviceQueue, photos */
"use strict";

(() => {
  const queue = deviceQueue;
  const words = queue.words;
  if (!queue.isReady) return;

  const names = new Map();  // of the forms of this page, by form
  let sentBy = null;  // the button: Chromium 79 does not say which one it was

  const nameOf = (form) =>
    form.dataset.draft || form.dataset.kept || (queue.isLink ? new URL(form.getAttribute("action"), location.href).pathname : "");
  const isQueued = (form) =>
    form.getAttribute("method") === "post" && !form.getAttribute("target") && !form.dataset.passkey && !form.closest(".reading") &&
    !form.querySelector("input[type=password]") && Boolean(nameOf(form));
  const valueOf = (form, name) => { const field = form.querySelector(`input[name="${name}"]`); return field ? field.value : ""; };
  const sendingName = (form) => names.get(form) + "@" + (valueOf(form, "once").slice(-24) || "once");
  // Once they have signed in again, the start page leads back here.
  const signedOut = () => {
    const page = location.pathname + location.search;
    deviceStore.transact("readwrite", (stores) => stores.keys.put({ id: "return", owner: queue.owner, page }));
    if (queue.isLink) queue.tell(words.linkEnded);
    else queue.tell(words.signedOut, { href: "/sign-in", words: words.signIn });
  };
  const notKept = () => queue.tell(words.notKept);
  const buttons = new WeakMap();  // by which a form was sent

  const needKey = async () => {
    if (await queue.key()) return true;
    try {
      await queue.start();
      return true;
    } catch (error) {
      return false;
    }
  };

  // ---- while one types -----------------------------------------------------------------------------------------------
  const typed = (form) => {
    const values = Object.create(null);  // so that no name of a field can mean something else
    new FormData(form).forEach((value, name) => {
      if (queue.OF_THE_PAGE.includes(name) || typeof value !== "string") return;
      (values[name] = values[name] || []).push(value);
    });
    return JSON.stringify(values);
  };

  const toServer = async (form, name, content) => {
    const token = () => queue.token() || valueOf(form, "form_token");
    const headers = () => ({ "x-form-token": token(), "content-type": "application/json" });
    let answer = await queue.post("/drafts/" + name, content, headers());
    if (answer.status === 403) {  // the session of the token has ended
      await queue.start();
      answer = await queue.post("/drafts/" + name, content, headers());
    }
    if (answer.content.ask === "sign_in") throw new queue.SignedOut();
    return answer.status === 200;
  };

  const keepDraft = async (form) => {
    const name = names.get(form);
    if (form.dataset.sending) return;
    if (!(await needKey())) { notKept(); return; }
    const waiting = await deviceStore.get("slots", queue.owner + "/" + sendingName(form));
    if (waiting && waiting.state === "waiting") {  // what waits is what was typed last
      await queue.keep(form, sendingName(form), "waiting", buttons.get(form)).catch(() => queue.tell(words.full));
      return;
    }
    showAddress(form);
    const content = typed(form);
    let id = "";
    try {
      id = await queue.keep(form, name, "draft");
      queue.tell(words.kept);
    } catch (error) {
      queue.tell(words.full);
    }
    if (!form.dataset.draft) return;
    try {
      if (!(await toServer(form, name, content))) return;
      const hasFiles = Array.from(form.querySelectorAll("input[type=file]")).some((input) => input.files.length);
      if (id && !hasFiles && typed(form) === content && !form.dataset.sending) await queue.remove(id);
      queue.tell(words.saved + " " + queue.clock(Date.now()));
    } catch (error) {
      if (error instanceof queue.SignedOut) signedOut();
    }
  };

  const reducePhotos = async (input) => {
    const files = await Promise.all(Array.from(input.files).map(photos.reduced));
    if (await queue.fits(files)) { photos.put(input, files); return; }
    photos.put(input, []);
    queue.tell(words.tooMany);
  };

  // ---- back after whatever came between ------------------------------------------------------------------------------
  const fill = (form, content) => {
    const values = new Map();
    content.fields.forEach(([name, value]) => values.set(name, (values.get(name) || []).concat(value)));
    Array.from(form.elements).forEach((field) => {
      if (!field.name || queue.OF_THE_PAGE.includes(field.name) || field.type === "file" || field.type === "submit") return;
      const found = values.get(field.name) || [];
      if (field.type === "checkbox" || field.type === "radio") field.checked = found.includes(field.value);
      else if (found.length) field.value = found.length > 1 ? found.shift() : found[0];
    });
    form.querySelectorAll("details").forEach((part) => {
      const texts = Array.from(part.querySelectorAll("input:not([type=radio]):not([type=checkbox]), textarea, select"));
      if (texts.some((field) => values.has(field.name) && field.value)) part.open = true;
    });
    const outer = form.closest("details");
    if (outer) outer.open = true;
  };

  const fillFiles = async (form, slot, content) => {
    for (const input of form.querySelectorAll("input[type=file]")) {
      const files = [];
      for (let index = 0; index < content.files.length; index += 1) {
        if (content.files[index].field === input.name) files.push(await queue.fileOf(slot, index, content.files[index]));
      }
      if (files.length) photos.put(input, files);
    }
  };

  // What is kept of a form: a question first, then what waits, then what was only typed.
  const keptOf = async (name) => {
    const id = queue.owner + "/" + name;
    const slots = (await queue.own()).filter((slot) => slot.id === id || slot.id.startsWith(id + "@"));
    const of = (state) => slots.filter((slot) => slot.state === state).pop();
    return of("asks") || of("waiting") || of("draft");
  };

  const takeKey = async (form) => {
    const field = form.querySelector('input[name="once"]');
    const stocked = field && (await queue.fromStock());
    if (stocked) field.value = stocked;
    return Boolean(stocked);
  };

  // A waiting form is shown under its own key, so that it stays one form; another one of its kind takes a new key.
  const showWaiting = (form, content) => {
    const field = form.querySelector('input[name="once"]');
    const once = content.fields.find(([name]) => name === "once");
    if (field && once) field.value = once[1];
    const other = queue.tell(words.waiting, { href: "#", words: words.another });
    if (other) other.addEventListener("click", async (event) => {
      event.preventDefault();
      form.reset();
      if (!(await takeKey(form))) location.reload();
      else queue.tell("");
    });
  };

  const restore = async (form) => {
    const name = names.get(form);
    if (document.body.dataset.asOf) await takeKey(form);
    const slot = await keptOf(name);
    if (!slot || form.querySelector(".wrong") || !(await queue.key())) return;
    const key = await queue.key();
    let content = null;
    try {
      content = await deviceStore.open(key, slot);
    } catch (error) {
      await queue.mark(slot, { state: "closed" });
      queue.tell(words.closed);
      return;
    }
    if (slot.state === "asks" && content.html && showPage(content.html, name, slot.id)) return;
    fill(form, content);
    await fillFiles(form, slot, content);
    if (slot.state === "asks") {
      form.dataset.asked = slot.id;
      queue.tell(words.asked + " " + reasonIn(content.html || ""));
    } else if (slot.state === "waiting") showWaiting(form, content);
    else queue.tell(words.back + " " + queue.clock(slot.at));
  };

  const reasonIn = (html) => {
    const answered = new DOMParser().parseFromString(html, "text/html");
    const reason = answered.querySelector("main .note.stop, main [role=alert], main .wrong, main p");
    return reason ? reason.textContent.trim() : "";
  };

  // Shows the page that the server answered with in place of this one; false if the form is not on it.
  const showPage = (html, name, id) => {
    const answered = new DOMParser().parseFromString(html, "text/html");
    const main = answered.querySelector("main");
    const form = main && Array.from(main.querySelectorAll("form")).find((candidate) =>
      isQueued(candidate) && nameOf(candidate) === name);
    if (!form) return false;
    document.querySelector("main").innerHTML = main.innerHTML;
    prepare();
    names.forEach((formName, shown) => { if (formName === name) shown.dataset.asked = id; });
    const wrong = document.querySelector("main [role=alert], main .has-wrong");
    if (wrong) wrong.scrollIntoView();
    return true;
  };

  // ---- sending -------------------------------------------------------------------------------------------------------
  const follow = (to) => {
    const target = new URL(to, location.href);
    const isHere = target.pathname === location.pathname && target.search === location.search;
    location.assign(target.href);
    if (isHere) location.reload();
  };

  const settle = async (form, id, answer) => {
    if (!answer) {  // another page of this browser sent it
      const slot = await deviceStore.get("slots", id);
      if (slot && slot.state === "sent") follow(slot.page);
      return;
    }
    if (answer.state === "sent") { follow(answer.to); return; }
    delete form.dataset.sending; delete form.dataset.sent;
    if (answer.state === "closed") { queue.tell(words.closed); return; }
    const name = names.get(form);
    if (!showPage(answer.html, name, id)) {
      form.dataset.asked = id;
      queue.tell(words.asked + " " + reasonIn(answer.html));
    }
  };

  // The kept form is written before it is sent; what could not be kept is sent from the page, and stays on it.
  const send = async (form, button) => {
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    queue.tell(words.sending);
    if (!(await needKey())) { delete form.dataset.sending; delete form.dataset.sent; notKept(); return; }
    buttons.set(form, button);
    showAddress(form);
    let id = "";
    try {
      id = await queue.keep(form, sendingName(form), "waiting", button);
      await queue.remove(queue.owner + "/" + names.get(form));
      if (form.dataset.asked && form.dataset.asked !== id) await queue.remove(form.dataset.asked);
    } catch (error) {
      delete form.dataset.sending; delete form.dataset.sent;
      queue.tell(words.full);
      await sendUnkept(form, button);
      return;
    }
    try {
      const answers = await queue.flush();
      await settle(form, id, answers[id]);
    } catch (error) {
      delete form.dataset.sending; delete form.dataset.sent;
      if (error instanceof queue.SignedOut) {
        signedOut();
      } else {
        queue.tell(words.waiting);
      }
    }
  };

  const sendUnkept = async (form, button) => {
    try {
      await queue.start();
      const body = new FormData(form);
      if (button && button.name) body.append(button.name, button.value);
      body.set("form_token", queue.token());
      const answer = await queue.post(form.getAttribute("action"), body);
      if (answer.content.to && answer.status === 200) follow(answer.content.to);
      else if (answer.content.html) showPage(answer.content.html, names.get(form), "");
    } catch (error) {
      queue.tell(words.full);
    }
  };

  // ---- the page ------------------------------------------------------------------------------------------------------
  const watch = (form) => {
    let timer = null;
    const later = () => { clearTimeout(timer); timer = setTimeout(() => keepDraft(form), 300); };
    form.addEventListener("input", later);
    form.addEventListener("change", async (event) => {
      if (event.target.type === "file") await reducePhotos(event.target);
      later();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && timer && form.isConnected) { clearTimeout(timer); timer = null; keepDraft(form); }
    });
  };

  // The form of a new file has a draft for each person: its address names the draft, so that a reload brings it back.
  const takeDraftKey = (form) => {
    const field = form.querySelector('input[name="draft"]');
    if (!field || !form.dataset.at || !document.body.dataset.asOf) return;
    const bytes = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0"));
    const draft = new URLSearchParams(location.search).get("draft") || bytes.join("");
    form.dataset.draft = form.dataset.draft.replace(field.value, draft);
    form.dataset.at = form.dataset.at.replace(field.value, draft);
    field.value = draft;
  };

  // From then on the page has an address of its own, which a reload and a refusal lead back to.
  const showAddress = (form) => {
    if (!form.dataset.at) return;
    history.replaceState(null, "", form.dataset.at);
    const page = form.querySelector('input[name="page"]');
    if (page) page.value = form.dataset.at;
  };

  const prepare = () => {
    names.clear();
    document.querySelectorAll("main form").forEach((form) => {
      if (!isQueued(form)) return;
      takeDraftKey(form);
      names.set(form, nameOf(form));
      watch(form);
    });
  };

  document.addEventListener("click", (event) => {
    sentBy = event.target.closest("button, input[type=submit]");
  });
  const discarded = /^\/drafts\/([\w-]+)\/discard$/;
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const draft = discarded.exec(form.getAttribute("action") || "");
    if (event.defaultPrevented || !draft) return;
    event.preventDefault();
    await queue.remove(queue.owner + "/" + draft[1]);
    form.submit();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !names.has(form)) return;
    const button = sentBy && sentBy.form === form ? sentBy : null;
    if (button && (button.hasAttribute("formaction") || button.dataset.aside)) return;
    event.preventDefault();
    send(form, button);
  });

  const settled = (answers) => names.forEach((_name, form) => {
    const id = queue.owner + "/" + sendingName(form);
    if (answers[id]) settle(form, id, answers[id]);
  });
  queue.onSettled(settled);
  self.addEventListener("online", () => queue.flush().then(settled, () => null));

  prepare();
  needKey().then(() => names.forEach((_name, form) => restore(form)));
})();
