// The app's start: which page this is, signing in by itself, and what ends a session.

import * as attempts from './attempts.js';
import { CardShow } from './card.js';
import * as clock from './clock.js';
import * as server from './card-server.js';
import { FINAL, Unreachable } from './errors.js';
import { NoKeys } from './key.js';
import { lang, words } from './language.js';
import { showMessage } from './message-page.js';
import { Provider, SignInRefused } from './provider.js';
import * as session from './session.js';
import * as storage from './storage.js';

window.cardStarted = true;

let config = null;
let provider = null;
let show = null;

const again = () => ({ label: words.signInAgain, act: () => signIn() });
const retry = () => ({ label: words.refresh, act: () => location.reload() });

function dress() {
  document.documentElement.lang = lang;
  document.title = words.title;
  document.getElementById('title').textContent = words.title;
  const other = lang === 'ja' ? 'en' : 'ja';
  const link = document.createElement('a');
  Object.assign(link, { href: `?lang=${other}`, lang: other, hreflang: other, textContent: words.otherLanguage });
  const footer = document.createElement('footer');
  footer.append(link);
  document.body.append(footer);
}

async function signIn() {
  try {
    attempts.count();
    location.replace(await provider.signInUrl());
  } catch (error) {
    if (error instanceof NoKeys) return showMessage(config, 'no-keys', words.noKeys, { action: retry(), portal: true });
    if (!(error instanceof Unreachable)) throw error;
    showMessage(config, 'offline', words.offline, { action: retry() });
  }
  return undefined;
}

async function finishSignIn() {
  const url = new URL(location.href);
  history.replaceState(null, '', '/');
  try {
    await session.begin(await provider.finishSignIn(url));
    attempts.clear();
  } catch (error) {
    if (error instanceof Unreachable) return showMessage(config, 'offline', words.offline, { action: again() });
    if (!(error instanceof SignInRefused)) throw error;
    return refused(error);
  }
  return open();
}

async function refused({ code, description }) {
  if (code === null && await session.load()) return open(); // Back to a callback already used
  if (words.ended[description]) return ended(description);
  const denied = code === 'access_denied';
  return showMessage(config, denied ? 'denied' : 'failed', denied ? words.denied : words.failed, {
    action: again(), portal: denied, help: denied,
  });
}

async function ended(reason) {
  show?.stop();
  show = null;
  if (reason && reason !== 'signed_out') await storage.put('ended', { reason });
  await session.forget();
  if (FINAL.includes(reason)) await removeShell();
  showEnded(reason ?? 'signed_out');
}

function showEnded(reason) {
  showMessage(config, `ended-${reason}`, words.ended[reason], {
    action: { ...again(), second: reason !== 'signed_out' }, help: true,
  });
}

// The app asks to be uninstalled, so it leaves nothing behind itself.
async function removeShell() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.unregister();
  if ('caches' in window) for (const name of await caches.keys()) await caches.delete(name);
}

async function signOut() {
  show?.stop();
  const held = await session.load();
  let url = null;
  let told = true;
  try {
    await server.signOut(held?.idToken);
    url = await provider.signOutUrl(held?.idToken);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    told = false;
  }
  show = null;
  await session.forget();
  if (url) location.replace(url);
  else showSignedOut(told);
}

function showSignedOut(told = true) {
  showMessage(config, 'signed-out', told ? words.signedOut : words.signedOutHere, {
    action: { label: words.signIn, act: () => signIn() },
  });
}

// Show the card if there is a session; else sign in, or say why not.
async function open() {
  if (await session.load()) {
    show = new CardShow(provider, config, {
      ended, signOut: () => signOut().catch(broken),
      unavailable: (tooOld) => showMessage(config, 'unavailable', tooOld ? words.tooOld : words.offline, { action: retry() }),
    });
    return show.start();
  }
  const end = await storage.get('ended');
  if (end && words.ended[end.reason]) return showEnded(end.reason);
  if (attempts.mayStart()) return signIn();
  return showMessage(config, 'welcome', words.welcome, { action: { label: words.signIn, act: () => signIn() } });
}

function broken(error) {
  console.error(error);
  showMessage(config, 'broken', words.broken, { action: retry() });
}

function listen() {
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) show?.stop();
    else show?.start().catch(broken);
  });
  addEventListener('pageshow', ({ persisted }) => persisted && show?.start().catch(broken));
  addEventListener('online', () => show?.start().catch(broken));
  session.whenSignedOutElsewhere(async () => {
    show?.stop();
    show = null;
    const end = await storage.get('ended');
    if (end) showEnded(end.reason);
    else showSignedOut();
  });
}

async function start() {
  dress();
  await clock.restore();
  config = await server.settings();
  document.getElementById('organisation').textContent = config.organisation[lang];
  provider = new Provider(config);
  listen();
  if (location.pathname === '/callback') await finishSignIn();
  else if (location.pathname === '/signed-out' && !(await session.load())) showSignedOut();
  else await open();
  // an app that asked to be uninstalled must not install its worker again
  if (!(await storage.get('ended'))) await navigator.serviceWorker?.register('/sw.js');
}

start().catch((error) => {
  if (error instanceof Unreachable) showMessage(config, 'offline', words.offline, { action: retry() });
  else broken(error);
});
