// One show of the card: ask whether the session is live, get the member's claims and a code, and
// keep asking while the page is visible. Raises nothing; reports to `events` how it went.

import { CardPage } from './card-page.js';
import * as clock from './clock.js';
import * as server from './card-server.js';
import { Ended, Unreachable } from './errors.js';
import * as session from './session.js';
import { mayShowUnconfirmed, validUntil } from './validity.js';

const ASK_EVERY = 4000;
const RETRY_EVERY = 10000;

export class CardShow {
  // `events`: {ended(reason), unavailable(), signOut()}
  constructor(provider, config, events) {
    Object.assign(this, { provider, config, events, run: 0, page: null, timers: [] });
  }

  // Start a new show; an earlier one stops.
  async start() {
    const run = this.#restart();
    const held = await session.load();
    if (!held) return this.events.ended('signed_out');
    this.page?.checking();
    try {
      const card = await this.#confirm(held);
      if (run !== this.run) return undefined;
      this.#open(card).confirmed(clock.now());
      this.#askWhileVisible(run, held.sid);
      await this.#changeCode(run);
    } catch (error) {
      if (run === this.run) await this.#failed(error, run);
    }
    return undefined;
  }

  stop() {
    this.#restart();
    this.page?.checking();
  }

  #restart() {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = [];
    this.run += 1;
    return this.run;
  }

  #later(act, delay) {
    this.timers.push(setTimeout(act, delay));
  }

  #open(card) {
    if (!this.page || this.shown !== JSON.stringify(card)) {
      this.page = new CardPage(card, this.config, {
        refresh: () => this.start(), signOut: this.events.signOut,
      });
      this.shown = JSON.stringify(card);
    }
    return this.page;
  }

  async #confirm(held) {
    await this.#live(held.sid);
    const claims = await this.#withToken((token) => this.provider.userinfo(token, held.sub, held.key));
    const card = {
      name: claims['name#ja-Hani-JP'] ?? claims.name ?? '',
      kana: claims['name#ja-Kana-JP'] ?? kana(claims),
      memberNumber: String(claims.member_number ?? ''),
      validUntil: validUntil(clock.now(), claims.membership_ends_on),
    };
    await session.keepCard({ ...card, confirmedAt: clock.now() });
    return card;
  }

  // The card's server may know the end but not why: the provider tells the holder.
  async #live(sid) {
    const state = await server.sessionState(sid);
    if (state.live) return;
    if (state.reason === 'unknown') {
      await session.accessToken(this.provider, session.held()).catch((error) => {
        if (error instanceof Ended) throw error; // with the reason
      });
    }
    throw new Ended(state.reason);
  }

  // Try once more with a new access token, since the old one may just have expired.
  async #withToken(act) {
    const token = await session.accessToken(this.provider);
    try {
      return await act(token);
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      return act(await session.accessToken(this.provider, token));
    }
  }

  #askWhileVisible(run, sid) {
    this.#later(async () => {
      try {
        await this.#live(sid);
        if (run === this.run) this.#askWhileVisible(run, sid);
      } catch (error) {
        if (run === this.run) await this.#failed(error, run);
      }
    }, ASK_EVERY);
  }

  async #changeCode(run) {
    const code = await this.#withToken(async (token) => {
      const held = await session.load();
      if (!held) throw new Ended('signed_out');
      return server.code(token, held.idToken, await this.provider.userinfoProof(token, held.key));
    });
    if (run !== this.run) return;
    this.page.show(code);
    this.page.confirmed(clock.now());
    await session.keepConfirmed(clock.now());
    this.#tick(run, code);
  }

  #tick(run, code) {
    const left = code.next_at - clock.now() / 1000;
    this.page.tick(left, code.step);
    if (left > 0) return this.#later(() => this.#tick(run, code), Math.min(1000, left * 1000 + 50));
    return this.#changeCode(run).catch((error) => run === this.run && this.#failed(error, run));
  }

  async #failed(error, run) {
    if (error instanceof Ended) return this.events.ended(error.reason);
    if (!(error instanceof Unreachable)) throw error;
    this.#restart();
    const card = (await session.load())?.card;
    if (run + 1 !== this.run) return undefined;
    this.#later(() => this.start(), RETRY_EVERY);
    if (!card || !mayShowUnconfirmed(card, clock.now())) {
      this.page = null;
      return this.events.unavailable(Boolean(card));
    }
    const { confirmedAt, ...shown } = card;
    return this.#open(shown).unconfirmed(confirmedAt);
  }
}

function kana(claims) {
  const names = [claims['family_name#ja-Kana-JP'], claims['given_name#ja-Kana-JP']];
  return names.filter(Boolean).join('\u3000') || null;
}
