(() => {
  "use strict";
  const d = document.body.dataset;
  const ok = d.ok === "true";
  const message = { type: "switchboard:oauth", ok, detail: d.detail };
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
