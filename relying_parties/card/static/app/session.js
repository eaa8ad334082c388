// The signed-in session on this device. The access token lives in memory only; refresh token,
// ID token, sid and the key they are bound to are stored, so that the installed app opens again.
//
// A refresh token is used once: tabs take turns (Web Locks), and the one that refreshed hands the
// access token to the others. Without locks two tabs may use the same refresh token at once; the
// provider then gives both the same successor for ten seconds.

import { Ended } from './errors.js';
import * as storage from './storage.js';

const EARLY = 10;
const HANDOVER = 300;

const channel = 'BroadcastChannel' in self ? new BroadcastChannel('card-session') : null;
const listeners = { access: new Set(), out: new Set() };
let access = null;

channel?.addEventListener('message', ({ data }) => {
  if (data.access) access = { value: data.access, until: performance.now() + data.lasts };
  for (const listener of listeners[data.access ? 'access' : 'out']) listener();
});

export const load = () => storage.get('session');
export const whenSignedOutElsewhere = (listener) => listeners.out.add(listener);

function remember(tokens) {
  const lasts = ((tokens.expires_in ?? 60) - EARLY) * 1000;
  access = { value: tokens.access_token, until: performance.now() + lasts };
  channel?.postMessage({ access: tokens.access_token, lasts });
}

// Start a session from a finished sign-in; an earlier one and its end are forgotten.
export async function begin({ tokens, claims, key }) {
  await storage.wipe();
  await storage.put('session', {
    refreshToken: tokens.refresh_token,
    idToken: tokens.id_token,
    sid: claims.sid,
    sub: claims.sub,
    key,
    card: null,
  });
  await storage.remove('ended');
  remember(tokens);
}

export async function keepCard(card) {
  await storage.update('session', (session) => session && { ...session, card });
}

export async function keepConfirmed(confirmedAt) {
  await storage.update('session', (session) => session?.card
    && { ...session, card: { ...session.card, confirmedAt } });
}

// The access token in memory, if any.
export const held = () => access?.value ?? null;

// Return a living access token, other than `rejected`. Raises Ended, Unreachable.
export async function accessToken(provider, rejected = null) {
  const usable = () => access && access.value !== rejected && performance.now() < access.until;
  if (usable()) return access.value;
  const seen = (await load())?.refreshToken;
  return takingTurns(async () => {
    const session = await load();
    if (!session?.refreshToken || !session.key) throw new Ended('signed_out');
    if (session.refreshToken !== seen) await handover(usable);
    if (usable()) return access.value;
    const { tokens, claims } = await provider.refresh(session.refreshToken, session.key);
    if (claims && claims.sub !== session.sub) throw new Ended('signed_out');
    const kept = await storage.update('session', (current) => current?.sid === session.sid
      ? {
        ...current,
        refreshToken: tokens.refresh_token ?? session.refreshToken,
        idToken: tokens.id_token ?? session.idToken,
      }
      : undefined);
    if (!kept) throw new Ended('signed_out'); // signed out while we were asking
    remember(tokens);
    return access.value;
  });
}

function takingTurns(act) {
  return navigator.locks ? navigator.locks.request('card-refresh', act) : act();
}

// Another tab has just refreshed: give its message a moment to arrive.
function handover(usable) {
  if (!channel || usable()) return undefined;
  return new Promise((resolve) => {
    const done = () => { listeners.access.delete(done); resolve(); };
    listeners.access.add(done);
    setTimeout(done, HANDOVER);
  });
}

// Forget everything about the person on this device, in all tabs.
export async function forget() {
  access = null;
  await storage.wipe();
  channel?.postMessage({ out: true });
}
