// A stand-in for Shopify's App Bridge, for apps that are framed by the twin's admin.
// It plays: shopify.idToken(), bearer tokens on same-origin fetch, the retry header,
// shopify-reload, toast, loading, saveBar, scopes, s-app-nav. What it doesn't play throws.
(() => {
  "use strict";
  const meta = document.querySelector('meta[name="shopify-api-key"]');
  const apiKey = meta?.content || document.currentScript?.dataset.apiKey || "";
  const query = new URLSearchParams(location.search);
  const waiting = new Map();
  let asked = 0;

  // The admin around us answers by messages; it knows which app its frame shows.
  function ask(verb, given) {
    if (window.parent === window) {
      return Promise.reject(new Error("App Bridge works only inside the admin."));
    }
    asked += 1;
    const id = asked;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      window.parent.postMessage({ twinBridge: verb, id, given }, "*");
    });
  }

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !event.data?.twinAnswer) return;
    const { id, value, error } = event.data;
    const promise = waiting.get(id);
    waiting.delete(id);
    if (error) promise?.reject(new Error(error));
    else promise?.resolve(value);
  });

  const idToken = () => ask("id-token");

  async function signed(request) {
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${await idToken()}`);
    return new Request(request, { headers });
  }

  const plainFetch = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const ours = new URL(request.url).origin === location.origin;
    if (!ours || request.headers.has("Authorization")) return plainFetch(request);
    const again = request.clone();
    const answer = await plainFetch(await signed(request));
    const retry = answer.headers.get("X-Shopify-Retry-Invalid-Session-Request");
    return answer.status === 401 && retry ? plainFetch(await signed(again)) : answer;
  };

  // The page that an app shows for a stale ID token: come back with a fresh one.
  async function reload(address) {
    const target = new URL(address, location.origin);
    if (target.origin !== location.origin) return;
    target.searchParams.set("id_token", await idToken());
    location.replace(target);
  }

  function tellNavigation() {
    const links = document.querySelectorAll("s-app-nav a, s-app-nav s-link, ui-nav-menu a");
    if (links.length === 0) return;
    const told = [...links].map((link) => ({
      label: link.textContent.trim(),
      path: link.getAttribute("href"),
    }));
    ask("navigation", told);
  }

  const missing = (name) => () => {
    throw new Error(`The twin's App Bridge does not play ${name}.`);
  };

  window.shopify = {
    config: {
      apiKey,
      host: query.get("host"),
      locale: query.get("locale"),
      shop: query.get("shop"),
    },
    environment: { embedded: window.parent !== window, mobile: false, pos: false },
    idToken,
    loading: (on = true) => ask("loading", on),
    toast: {
      show: (message, options = {}) => ask("toast", { message, isError: !!options.isError }),
      hide: () => ask("toast", null),
    },
    saveBar: {
      show: (id) => ask("save-bar", { id, shown: true }),
      hide: (id) => ask("save-bar", { id, shown: false }),
      leaveConfirmation: () => Promise.resolve(),
    },
    scopes: {
      query: () => ask("scopes", {}),
      request: (scopes) => ask("scopes", { request: scopes }),
      revoke: (scopes) => ask("scopes", { revoke: scopes }),
    },
    resourcePicker: missing("resourcePicker"),
    picker: missing("picker"),
    modal: { show: missing("modal.show"), hide: missing("modal.hide") },
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="shopify:"]');
    if (!link) return;
    event.preventDefault();
    ask("admin", link.getAttribute("href").replace(/^shopify:(\/\/)?admin/, ""));
  });

  if (query.has("shopify-reload")) reload(query.get("shopify-reload"));
  document.addEventListener("DOMContentLoaded", () => {
    if (window.parent === window) return;
    ask("here", { title: document.title, path: location.pathname });
    tellNavigation();
  });
})();
