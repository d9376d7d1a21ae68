// What the device queue does on every page: send what waits, count it, list it, keep pages, and clear at sign-out.
/* global deviceStore, deviceQueue */
"use strict";

(() => {
  const queue = deviceQueue;
  const words = queue.words;
  const KEPT_FOR = 4 * 3600 * 1000;

  const asOf = Number(document.body.dataset.asOf || 0);
  if (asOf && queue.place) {
    const note = document.createElement("p");
    note.className = "note warn";
    note.setAttribute("role", "status");
    note.textContent = words.asOf + " " + new Date(asOf).toLocaleDateString("zh-CN") + " " + queue.clock(asOf);
    document.querySelector("main").prepend(note);
  }
  if (!queue.isReady) return;

  // ---- after signing in ----------------------------------------------------------------------------------------------
  const goBack = async () => {
    const back = await deviceStore.get("keys", "return");
    if (!back || back.owner !== queue.owner || location.pathname !== "/") return;
    await deviceStore.transact("readwrite", (stores) => stores.keys.delete("return"));
    location.replace(back.page);
  };

  const keepPages = async (paths) => {
    const key = await queue.key();
    for (const path of paths) {
      const name = await deviceStore.pageName(queue.owner, path);
      const kept = await deviceStore.get("pages", name);
      if (kept && Date.now() - kept.at < KEPT_FOR) continue;
      const answer = await fetch(path, { redirect: "manual", cache: "no-store", headers: { "x-device-queue": "1" } }).catch(() => null);
      if (!answer || !answer.ok || answer.type === "opaqueredirect") continue;
      const page = { html: await answer.text(), policy: answer.headers.get("content-security-policy") || "default-src 'none'" };
      const sealed = Object.assign(await deviceStore.seal(key, name, page), { at: Date.now() });
      await deviceStore.transact("readwrite", (stores) => stores.pages.put(sealed));
    }
    const kept = { id: "pages of " + queue.owner, at: Date.now() };
    await deviceStore.transact("readwrite", (stores) => stores.keys.put(kept));
  };

  const work = async () => {
    if (!navigator.serviceWorker || queue.isLink) return null;
    const registration = await navigator.serviceWorker.register("/sw.js");
    await navigator.serviceWorker.ready;
    const assets = Array.from(document.querySelectorAll("script[src], link[rel=stylesheet], link[rel=icon]"))
      .map((element) => element.src || element.href);
    registration.active.postMessage({ assets });
    return registration;
  };

  const forgetSent = async () => {
    const old = (await queue.own()).filter((slot) => slot.state === "sent" && Date.now() - slot.at > queue.DAY);
    await Promise.all(old.map((slot) => queue.remove(slot.id)));
  };

  // ---- the list ------------------------------------------------------------------------------------------------------
  const item = async (key, slot) => {
    const row = document.createElement("li");
    let content = { title: words.closed, subject: "" };
    if (slot.state !== "sent" && key) content = await deviceStore.open(key, slot).catch(() => content);
    const texts = { draft: words.kept, waiting: words.waiting, sent: words.sent, asks: words.asked, closed: words.closed };
    const title = document.createElement("a");
    title.className = "title";
    title.href = slot.page;
    title.textContent = slot.state === "sent" ? words.sent : [content.title, content.subject].filter(Boolean).join(" · ");
    const state = document.createElement("p");
    state.className = "facts";
    state.textContent = texts[slot.state] + " · " + queue.clock(slot.at);
    row.append(title, state);
    if (slot.state !== "sent") {
      const button = document.createElement("button");
      button.className = "btn btn-stop";
      button.type = "button";
      button.textContent = words.discard;
      button.addEventListener("click", async () => {
        if (!self.confirm(words.discardAsk)) return;
        await queue.remove(slot.id);
        list();
        queue.count();
      });
      row.append(button);
    }
    return row;
  };

  const list = async () => {
    const target = document.getElementById("device-list");
    if (!target) return;
    const key = await queue.key();
    const slots = (await queue.own()).sort((one, other) => other.at - one.at);
    const rows = await Promise.all(slots.map((slot) => item(key, slot)));
    target.textContent = "";
    target.append(...rows);
    document.getElementById("device-empty").hidden = rows.length > 0;
  };

  // ---- signing out ---------------------------------------------------------------------------------------------------
  const handOver = async (slot) => {
    const key = await queue.key();
    if (!key || slot.state === "waiting" || slot.count) return false;
    const content = await deviceStore.open(key, slot).catch(() => null);
    if (!content || !content.onServer) return false;
    const values = Object.create(null);
    content.fields.forEach(([name, value]) => {
      if (!queue.OF_THE_PAGE.includes(name)) (values[name] = values[name] || []).push(value);
    });
    const name = slot.id.slice(queue.owner.length + 1).split("@")[0];
    const headers = { "x-form-token": queue.token(), "content-type": "application/json" };
    const answer = await queue.post("/drafts/" + name, JSON.stringify(values), headers);
    return answer.status === 200;
  };

  const forgetKey = () => deviceStore.transact("readwrite", (stores) => {
    stores.keys.delete(queue.owner);
    stores.keys.delete("current");
    stores.keys.delete("return");
    stores.keys.delete("pages of " + queue.owner);
    stores.keys.delete("stock of " + queue.owner);
    stores.pages.delete(deviceStore.below(queue.owner + "/"));
  });

  const leave = async (form) => {
    try {
      await queue.start();
      await queue.flush();
    } catch (error) {
      if (error instanceof queue.Away) { await forgetKey(); queue.tell(words.leftOffline); return; }
      form.submit();  // signed out already: what is kept waits for its owner
      return;
    }
    let left = 0;
    for (const slot of (await queue.own()).filter((kept) => kept.state !== "sent")) {
      if (await handOver(slot)) await queue.remove(slot.id);
      else left += 1;
    }
    if (left && !self.confirm(words.leaving.replace("0", String(left)))) return;
    await Promise.all((await queue.own()).map((slot) => queue.remove(slot.id)));
    await forgetKey();
    const others = await deviceStore.all("slots", "");
    const note = document.createElement("input");
    Object.assign(note, { type: "hidden", name: "others_keep", value: others.length ? "yes" : "" });
    form.append(note);
    form.submit();
  };

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.getAttribute("action") !== "/sign-out") return;
    event.preventDefault();
    leave(event.target);
  });

  const run = async () => {
    await goBack();
    await forgetSent();
    await work().catch(() => null);
    const kept = await deviceStore.get("keys", "pages of " + queue.owner);
    const isDue = !asOf && !queue.isLink && (!kept || Date.now() - kept.at > KEPT_FOR);
    const content = isDue || (!asOf && (await queue.isKeyOld())) ? await queue.start() : null;
    await queue.flush();
    if (isDue) await keepPages(content.keep);
  };
  run().catch(() => null).then(() => { queue.count(); list(); });
  queue.count();
  list();
})();
