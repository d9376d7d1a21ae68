// Passkeys (WebAuthn): ask the server for options, the browser for a credential, and send it as a form.
"use strict";

(() => {
  if (!window.PublicKeyCredential || !window.isSecureContext) return;

  const decode = (text) => {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "=");
    return Uint8Array.from(atob(padded), (sign) => sign.charCodeAt(0));
  };
  const encode = (buffer) => {
    const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const prepare = (options) => {
    options.challenge = decode(options.challenge);
    if (options.user) options.user.id = decode(options.user.id);
    for (const list of [options.allowCredentials, options.excludeCredentials]) {
      (list || []).forEach((entry) => { entry.id = decode(entry.id); });
    }
    return options;
  };

  const plain = (credential) => {
    const answer = credential.response;
    const response = { clientDataJSON: encode(answer.clientDataJSON) };
    if (answer.attestationObject) {
      response.attestationObject = encode(answer.attestationObject);
    } else {
      response.authenticatorData = encode(answer.authenticatorData);
      response.signature = encode(answer.signature);
      if (answer.userHandle) response.userHandle = encode(answer.userHandle);
    }
    return {
      id: credential.id,
      rawId: encode(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
    };
  };

  const run = async (form) => {
    const token = form.querySelector("input[name=form_token]").value;
    const answer = await fetch(form.dataset.options, { method: "POST", headers: { "x-form-token": token } });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const publicKey = prepare(await answer.json());
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.querySelector("input[name=credential]").value = JSON.stringify(plain(credential));
    form.dataset.ready = "yes";
    form.requestSubmit();
  };

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = false;
    const note = form.querySelector("[data-failed]");
    form.addEventListener("submit", (event) => {
      if (form.dataset.ready) return;
      event.preventDefault();
      event.stopPropagation();
      note.textContent = "";
      run(form).catch(() => { note.textContent = note.dataset.failed; });
    });
  });
})();
