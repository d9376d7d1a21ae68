// What a device keeps, sealed (AES-256-GCM): shared by the pages (queue.js) and the worker (sw.js).
"use strict";

self.deviceStore = (() => {
  const HOURS_OF_A_KEY = 12;  // without the server
  const CLOCK_SLACK = 2 * 60 * 1000;
  const STORES = ["keys", "slots", "files", "pages"];
  let opened = null;

  const database = () => {
    opened = opened || new Promise((resolve, reject) => {
      const request = indexedDB.open("device", 1);
      request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name, { keyPath: "id" }));
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
      request.onerror = () => { opened = null; reject(request.error); };
    });
    return opened;
  };

  // Runs `work` with the object stores in one transaction; resolves with what `work` asked for, once it is on the disk.
  const transact = async (mode, work) => {
    const connection = await database();
    return new Promise((resolve, reject) => {
      const transaction = connection.transaction(STORES, mode);
      const stores = {};
      STORES.forEach((name) => { stores[name] = transaction.objectStore(name); });
      const request = work(stores);
      transaction.oncomplete = () => resolve(request && request.result);
      transaction.onabort = () => reject(transaction.error || new Error("aborted"));
      transaction.onerror = () => reject(transaction.error);
    });
  };

  const get = (store, id) => transact("readonly", (stores) => stores[store].get(id));
  const below = (prefix) => IDBKeyRange.bound(prefix, prefix + "\uffff");
  const all = (store, prefix) => transact("readonly", (stores) => stores[store].getAll(prefix ? below(prefix) : null));

  // The key of an owner, or null if there is none, if it is too old, or if the clock was set back since it was handed out.
  const keyOf = async (owner) => {
    const kept = await get("keys", owner);
    if (!kept) return null;
    const time = Date.now();
    if (time > kept.until) {
      await transact("readwrite", (stores) => stores.keys.delete(owner));
      return null;
    }
    return time < kept.from - CLOCK_SLACK ? null : kept.key;
  };

  const keepKey = async (owner, base64) => {
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    const from = Date.now();
    const until = from + HOURS_OF_A_KEY * 3600 * 1000;
    await transact("readwrite", (stores) => {
      stores.keys.put({ id: owner, key, from, until });
      stores.keys.put({ id: "current", owner });
    });
    return key;
  };

  // The name of the place is bound to the content: what is moved to another place does not open there.
  const named = (iv, name) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(name) });

  const sealBytes = async (key, name, bytes) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { id: name, iv, box: await crypto.subtle.encrypt(named(iv, name), key, bytes) };
  };
  const openBytes = (key, sealed) => crypto.subtle.decrypt(named(sealed.iv, sealed.id), key, sealed.box);
  const seal = (key, name, content) => sealBytes(key, name, new TextEncoder().encode(JSON.stringify(content)));
  const open = async (key, sealed) => JSON.parse(new TextDecoder().decode(await openBytes(key, sealed)));

  const pageName = async (owner, path) => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(owner + path));
    const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return owner + "/" + hex.slice(0, 32);
  };

  return { transact, get, all, below, keyOf, keepKey, sealBytes, openBytes, seal, open, pageName };
})();
