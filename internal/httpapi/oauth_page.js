(() => {
  "use strict";
  const d = document.body.dataset;
  const ok = d.ok === "true";
  // The state says which question this answers: several tabs may have asked.
  const state = new URLSearchParams(location.search).get("state") ?? undefined;
  const message = { type: "switchboard:oauth", ok, detail: d.detail, state };
  if (ok) {
    message.credential = d.credential;
    message.credential_type = d.credentialType;
  }
  // A service's own pages may have cut the tie to the window that opened this one.
  if ("BroadcastChannel" in window) {
    const channel = new BroadcastChannel("switchboard:oauth");
    channel.postMessage(message);
    channel.close();
  }
  if (!window.opener) return;
  window.opener.postMessage(message, window.location.origin);
  if (ok) window.close();
})();
