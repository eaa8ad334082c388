// Calls to the card's own server: settings, is the session live, the check code, sign-out.

import * as clock from './clock.js';
import { Ended, Unreachable } from './errors.js';
import * as storage from './storage.js';

const PATIENCE = 8000;

export function deadline() {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), PATIENCE);
  return controller.signal;
}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', signal: deadline(), ...options });
  } catch (error) {
    throw new Unreachable(path, { cause: error });
  }
  clock.learn(response);
  return response;
}

async function json(response) {
  try {
    return await response.json();
  } catch (error) {
    throw new Unreachable('not JSON', { cause: error });
  }
}

// The settings; the last ones when there is no network. Raises Unreachable at a first start.
export async function settings() {
  try {
    const response = await call('/config.json');
    if (!response.ok) throw new Unreachable('config');
    const config = await json(response);
    await storage.put('config', config);
    return config;
  } catch (error) {
    const kept = await storage.get('config');
    if (kept && error instanceof Unreachable) return kept;
    throw error;
  }
}

// {live, reason?}
export async function sessionState(sid) {
  const response = await call(`/session-state?sid=${encodeURIComponent(sid)}`);
  if (!response.ok) throw new Unreachable('session-state');
  return json(response);
}

// The check code of this half minute; `proof` lets the server ask the provider whose token it is.
// Raises Ended when the provider refuses the access token.
export async function code(accessToken, idToken, proof) {
  const response = await call('/code', {
    method: 'POST',
    headers: { Authorization: `DPoP ${accessToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ id_token: idToken, userinfo_proof: proof }),
  });
  if (response.status === 401) throw new Ended((await json(response)).error_description);
  if (!response.ok) throw new Unreachable('code');
  return json(response);
}

export async function signOut(idToken) {
  const response = await call('/sign-out', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ id_token: idToken }),
  });
  if (!response.ok) throw new Unreachable('sign-out');
}
