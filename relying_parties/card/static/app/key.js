// The key that all tokens of a session are bound to (DPoP, RFC 9449): made here, kept in IndexedDB
// as a key that no script can read out, so that copied tokens are worth nothing elsewhere.

import * as oauth from '../vendor/oauth4webapi/index.js';
import * as clock from './clock.js';

// This browser cannot make such a key, or cannot keep it.
export class NoKeys extends Error {}

let made = { name: null, handle: null };

// A new key: {id, pair}.
export async function generate() {
  try {
    const pair = await oauth.generateKeyPair('ES256', { extractable: false });
    return { id: oauth.generateRandomState(), pair };
  } catch (error) {
    throw new NoKeys('generate', { cause: error });
  }
}

// Keep something that holds a key, and make sure that it can be used when it comes back: some
// browsers refuse to keep keys in private windows, others lose them without a word.
export async function keep(storage, name, value) {
  try {
    await storage.put(name, value);
    const { privateKey } = (await storage.get(name)).key.pair;
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    await crypto.subtle.sign(algorithm, privateKey, new Uint8Array(1));
  } catch (error) {
    throw new NoKeys('keep', { cause: error });
  }
}

// The library's prover for a key. It remembers the provider's nonces, so it is kept as long as the
// key and the clock's correction stay the same.
export function prover(client, key) {
  const name = `${key.id} ${clock.skew()}`;
  if (made.name !== name) made = { name, handle: oauth.DPoP(client, key.pair) };
  return made.handle;
}

// Do it, and once more when the provider wants a nonce, which the prover has learnt by then.
export async function withNonce(act) {
  try {
    return await act();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return act();
  }
}
