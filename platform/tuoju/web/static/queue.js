// The device queue: what is typed is sealed on this device before it is sent, and removed when the server has it.
// docs/device-queue.md says how; the pages work without it.
/* global deviceStore */
"use strict";

self.deviceQueue = (() => {
  const place = document.getElementById("device");
  const words = place ? place.dataset : {};
  const owner = words.owner || "";
  const isReady = Boolean(owner && self.indexedDB && self.crypto && crypto.subtle);
  const isLink = words.start !== "/device/start";
  const MOST_PHOTOS = 20;
  const MOST_BYTES = 30 * 1024 * 1024;
  const OF_THE_PAGE = ["form_token", "once", "page"];
  const HEADERS = { "x-device-queue": "1" };
  const AGAIN_AFTER = 30 * 1000;
  const FRESH = 10 * 60 * 1000;  // of a key: until then it is not asked for anew on each page
  const DAY = 24 * 3600 * 1000;
  let key = null;
  let token = "";
  let again = null;

  class SignedOut extends Error {}
  class Away extends Error {}

  const clock = (time) => new Date(time).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  const own = () => deviceStore.all("slots", owner + "/");

  // ---- the server ----------------------------------------------------------------------------------------------------
  const request = async (address, options) => {
    try {
      return await fetch(address, Object.assign({ credentials: "same-origin", redirect: "manual", cache: "no-store" }, options));
    } catch (error) {
      throw new Away();
    }
  };

  // The key of whoever is signed in now, and a fresh token. Throws SignedOut, also if it is somebody else; Away.
  const start = async () => {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const answer = await request(words.start, { headers: HEADERS });
      if (answer.status >= 500 || answer.status === 429) throw new Away();
      if (answer.type === "opaqueredirect" || !answer.ok) throw new SignedOut();
      const content = await answer.json();
      if (content.again) continue;
      if (content.owner !== owner) throw new SignedOut();
      token = content.token;
      key = await deviceStore.keepKey(owner, content.key);
      await stockUp(content.once || []);
      return content;
    }
    throw new Away();
  };

  // Keys for forms on kept pages: the one that such a page carries may have been sent before.
  const stockUp = (keys) => deviceStore.transact("readwrite", (stores) => stores.keys.put({ id: "stock of " + owner, keys }));
  const fromStock = async () => {
    const stock = await deviceStore.get("keys", "stock of " + owner);
    if (!stock || !stock.keys.length) return "";
    const taken = stock.keys.pop();
    await stockUp(stock.keys);
    return taken;
  };

  const isKeyOld = async () => {
    const kept = await deviceStore.get("keys", owner);
    return !kept || Math.abs(Date.now() - kept.from) > FRESH;
  };

  const post = async (address, body, headers) => {
    const answer = await request(address, { method: "POST", body, headers: Object.assign({}, HEADERS, headers) });
    const content = await answer.json().catch(() => ({ ask: "later" }));
    return { status: answer.status, content };
  };

  // ---- what is kept --------------------------------------------------------------------------------------------------
  const filesOf = (form) => {
    const files = [];
    form.querySelectorAll("input[type=file]").forEach((input) => {
      Array.from(input.files).forEach((file) => files.push({ field: input.name, file }));
    });
    return files;
  };

  const fieldsOf = (form, button) => {
    const fields = [];
    new FormData(form).forEach((value, name) => {
      if (typeof value === "string" && name !== "form_token") fields.push([name, value]);
    });
    if (button && button.name) fields.push([button.name, button.value]);
    return fields;
  };

  const textOf = (selector) => {
    const element = document.querySelector(selector);
    return element ? element.textContent.trim().replace(/\s+/g, " ") : "";
  };

  // Seals a form into its place in the state `draft` or `waiting`. Throws what the store throws, as QuotaExceededError.
  const keep = async (form, name, state, button) => {
    const id = owner + "/" + name;
    const files = filesOf(form);
    const content = {
      action: (button && button.getAttribute("formaction")) || form.getAttribute("action"),
      fields: fieldsOf(form, button),
      files: files.map(({ field, file }) => ({ field, name: file.name, type: file.type })),
      title: textOf("main h1"),
      subject: textOf("main .lead-line"),
      onServer: Boolean(form.dataset.draft),
    };
    const sealed = await deviceStore.seal(key, id, content);
    const sealedFiles = await Promise.all(files.map(async ({ file }, index) =>
      deviceStore.sealBytes(key, id + "#" + index, await new Response(file).arrayBuffer())));
    const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
    Object.assign(sealed, { owner, state, at: Date.now(), page: location.pathname + location.search, count: files.length, bytes });
    await deviceStore.transact("readwrite", (stores) => {
      stores.files.delete(deviceStore.below(id + "#"));
      sealedFiles.forEach((file) => stores.files.put(file));
      stores.slots.put(sealed);
    });
    return id;
  };

  const remove = (id) => deviceStore.transact("readwrite", (stores) => {
    stores.slots.delete(id);
    stores.files.delete(deviceStore.below(id + "#"));
  });

  const mark = (slot, changes) => deviceStore.transact("readwrite", (stores) => {
    stores.slots.put(Object.assign({}, slot, changes));
  });

  const fileOf = async (slot, index, described) => {
    const sealed = await deviceStore.get("files", slot.id + "#" + index);
    return new File([await deviceStore.openBytes(key, sealed)], described.name, { type: described.type });
  };

  // ---- sending -------------------------------------------------------------------------------------------------------
  // Sends one kept form under its own key and a fresh token. Throws SignedOut, Away; the form stays kept then.
  const sendSlot = async (slot) => {
    const content = await deviceStore.open(key, slot);
    const body = new FormData();
    content.fields.forEach(([name, value]) => body.append(name, value));
    for (let index = 0; index < content.files.length; index += 1) {
      const described = content.files[index];
      body.append(described.field, await fileOf(slot, index, described), described.name);
    }
    body.set("form_token", token);
    const answer = await post(content.action, body);
    if (answer.content.ask === "sign_in") throw new SignedOut();
    if (answer.content.ask === "later") throw new Away();
    if (answer.content.to) {
      await remove(slot.id);
      await mark({ id: slot.id, owner, state: "sent", at: Date.now(), page: answer.content.to }, {});
      return { state: "sent", to: answer.content.to };
    }
    content.html = answer.content.html || "";
    const asks = Object.assign({}, slot, await deviceStore.seal(key, slot.id, content), { state: "asks" });
    await mark(asks, {});
    return { state: "asks", html: content.html };
  };

  // Sends what waits, in order, one page of this browser at a time; the answers by the id of the form.
  const flushNow = async () => {
    const answers = {};
    const waiting = (await own()).filter((slot) => slot.state === "waiting").sort((one, other) => one.at - other.at);
    if (!waiting.length) return answers;
    await start();
    for (const slot of waiting) {
      const still = await deviceStore.get("slots", slot.id);
      if (!still || still.state !== "waiting") continue;
      try {
        answers[slot.id] = await sendSlot(still);
      } catch (error) {
        if (error instanceof SignedOut || error instanceof Away) throw error;
        answers[slot.id] = { state: "closed" };
        await mark(still, { state: "closed" });  // sealed by a key that is gone, or moved from another place
      }
    }
    return answers;
  };

  const flush = async () => {
    clearTimeout(again);
    try {
      return await (navigator.locks ? navigator.locks.request("device-queue", flushNow) : flushNow());
    } catch (error) {
      if (error instanceof Away) again = setTimeout(() => flush().then(settled, () => null), AGAIN_AFTER);
      throw error;
    } finally {
      count();
    }
  };
  let settled = () => null;

  // ---- what the person sees ------------------------------------------------------------------------------------------
  let line = null;
  const tell = (text, link) => {
    if (!line || !line.isConnected) {
      line = document.createElement("p");
      line.className = "device-state";
      line.setAttribute("role", "status");
      const title = document.querySelector("main h1");
      if (!title) return null;
      title.insertAdjacentElement("afterend", line);
    }
    line.textContent = text + " ";
    if (!link) return null;
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.textContent = link.words;
    line.append(anchor);
    return anchor;
  };

  const count = async () => {
    const counter = document.getElementById("device-count");
    if (!isReady || !counter) return;
    const slots = await own();
    const number = (state) => slots.filter((slot) => slot.state === state).length;
    const parts = [["waiting", words.waits], ["sent", words.sent], ["asks", words.asks], ["closed", words.asks]]
      .filter(([state]) => number(state)).map(([state, text]) => text + " " + number(state));
    counter.textContent = parts.join(" · ");
    counter.hidden = !parts.length;
  };

  const fits = async (files) => {
    const slots = await own();
    const kept = slots.reduce((sum, slot) => sum + (slot.count || 0), 0) + files.length;
    const bytes = slots.reduce((sum, slot) => sum + (slot.bytes || 0), 0) + files.reduce((sum, file) => sum + file.size, 0);
    return kept <= MOST_PHOTOS && bytes <= MOST_BYTES;
  };

  return {
    place, words, owner, isReady, isLink, OF_THE_PAGE, DAY, SignedOut, Away, clock, own, start, post, keep, remove, mark, flush,
    tell, count, fits, fileOf, fromStock, isKeyOld,
    key: async () => { key = await deviceStore.keyOf(owner); return key; },
    token: () => token,
    onSettled: (work) => { settled = work; },
  };
})();
