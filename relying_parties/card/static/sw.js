/* The service worker: keeps the app's own files, so that it opens without a network.
   The server puts `const SHELL = {version, files}` above. The network comes first (the files are
   small and answer 304), the kept copy when it fails or is slow. Never kept: /callback, /code,
   /session-state, /config.json, and anything of the provider. */
'use strict';

const CACHE = `card-${SHELL.version}`;
const SLOW = 4000;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CACHE)
      .then((cache) => cache.addAll(['/', ...SHELL.files].map((path) => new Request(path, { cache: 'no-cache' }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(
        names.filter((name) => name.startsWith('card-') && name !== CACHE).map((name) => caches.delete(name)),
      ))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  const key = event.request.mode === 'navigate' && url.pathname === '/' ? '/' : url.pathname;
  if (key !== '/' && !SHELL.files.includes(key)) return;
  event.respondWith(networkFirst(event.request, key));
});

async function networkFirst(request, key) {
  const kept = await caches.open(CACHE).then((cache) => cache.match(key));
  const fetched = fetch(request);
  if (!kept) return fetched;
  fetched.catch(() => undefined); // when the kept copy won, a late failure is nobody's
  const late = new Promise((resolve) => setTimeout(() => resolve(kept), SLOW));
  try {
    const response = await Promise.race([fetched, late]);
    return response.status < 500 ? response : kept;
  } catch {
    return kept;
  }
}
