// The worker: opens the kept pages when there is no network, says from when they are, and keeps the assets they need.
/* global deviceStore */
"use strict";

const DAYS_OF_A_PAGE = 7;
const PATIENCE = 8000;  // ms for a network that answers nothing, if the page is kept
const MOST_ASSETS = 40;
const ASSETS = "assets";
const NOT_KEPT = `<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>没有网络 · No network</title><p>没有网络，这一页没有保存在本机。写过的内容都还在本机，联网后再打开。</p>
<p lang="en">There is no network, and this page is not kept on this device. What you typed is still kept: open the page again
when you are online.</p><p><a href="/">首页 · Home</a></p>`;

const htmlOf = (text, policy, status) =>
  new Response(text, {
    status,
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy, "cache-control": "no-store" },
  });

const keptPage = async (url) => {
  const current = await deviceStore.get("keys", "current");
  const key = current && (await deviceStore.keyOf(current.owner));
  if (!key) return null;
  const search = url.search.replace(/[?&]draft=\w+$/, "");  // one kept form for every draft
  const name = await deviceStore.pageName(current.owner, url.pathname + search);
  const sealed = await deviceStore.get("pages", name);
  if (!sealed || Date.now() - sealed.at > DAYS_OF_A_PAGE * 24 * 3600 * 1000) return null;
  const page = await deviceStore.open(key, sealed);
  return htmlOf(page.html.replace("<body", `<body data-as-of="${Number(sealed.at)}"`), page.policy, 200);
};

const navigate = async (request) => {
  const kept = keptPage(new URL(request.url)).catch(() => null);
  const late = new Promise((resolve) => setTimeout(async () => {
    const page = await kept;
    if (page) resolve(page);
  }, PATIENCE));
  try {
    return await Promise.race([fetch(request), late]);
  } catch (error) {
    return (await kept) || htmlOf(NOT_KEPT, "default-src 'none'", 503);
  }
};

const asset = async (request) => {
  const cache = await caches.open(ASSETS);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(request, answer.clone());
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST_ASSETS)).map((old) => cache.delete(old)));
  }
  return answer;
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (event.data && Array.isArray(event.data.assets)) {
    event.waitUntil(Promise.all(event.data.assets.map((address) => asset(new Request(address)).catch(() => null))));
  }
});
self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(navigate(request));
  else if (new URL(request.url).pathname.startsWith("/static/")) event.respondWith(asset(request));
});
