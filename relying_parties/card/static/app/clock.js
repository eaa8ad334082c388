// The card's time: the device's clock corrected by the server's `Card-Time`, so that a phone with
// a wrong clock shows the right validity. The correction is kept for times without a network.

import * as storage from './storage.js';

let offset = 0;

export async function restore() {
  offset = (await storage.get('offset')) ?? 0;
}

// Milliseconds since the epoch.
export const now = () => Date.now() + offset;

// Whole seconds by which the device's clock is behind (negative: ahead).
export const skew = () => Math.round(offset / 1000);

export function learn(response) {
  const told = Number(response.headers.get('Card-Time'));
  if (!Number.isFinite(told) || told <= 0) return;
  const measured = told * 1000 - Date.now();
  if (Math.abs(measured - offset) > 1000) storage.put('offset', measured).catch(() => undefined);
  offset = measured;
}
