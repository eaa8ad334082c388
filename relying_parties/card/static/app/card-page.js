// The card itself: who, until when, the state of its confirmation, and the changing code.

import { el, replaceMain, svg } from './elements.js';
import { day, moment, time, words } from './language.js';

const AROUND = 2 * Math.PI * 20;

export class CardPage {
  // `actions`: {refresh, signOut}
  constructor(card, config, actions) {
    this.state = el('p', { id: 'state', role: 'status' });
    this.at = el('p', { id: 'confirmed-at', class: 'small' });
    this.code = el('section', { id: 'code', 'aria-labelledby': 'code-title', hidden: true });
    const button = el('button', { type: 'submit' }, words.signOut);
    this.form = el('form', {
      id: 'sign-out', method: 'post', action: '/sign-out',
      onsubmit: (event) => { event.preventDefault(); button.disabled = true; actions.signOut(); },
    }, button);
    replaceMain(
      el('section', { id: 'card', class: 'card', 'aria-labelledby': 'holder' },
        el('p', { class: 'kana', lang: 'ja' }, card.kana ?? ''),
        el('h2', { id: 'holder', lang: 'ja' }, card.name),
        el('dl', null,
          el('dt', null, words.memberNumber), el('dd', { id: 'member-number' }, card.memberNumber),
          el('dt', null, words.validUntil), el('dd', { id: 'valid-until' }, day(card.validUntil))),
        this.state, this.at),
      this.code,
      el('div', { class: 'actions' },
        el('button', { type: 'button', id: 'refresh', class: 'second', onclick: actions.refresh }, words.refresh),
        this.form));
  }

  #say(kind, text, at) {
    this.state.className = `state ${kind}`;
    if (this.state.textContent !== text) this.state.textContent = text;
    this.at.textContent = at;
  }

  checking() {
    this.code.hidden = true;
    this.#say('waiting', words.checking, '');
  }

  confirmed(now) {
    this.#say('confirmed', words.confirmed, words.confirmedAt(time(now)));
  }

  unconfirmed(confirmedAt) {
    this.code.hidden = true;
    this.code.replaceChildren();
    this.#say('unconfirmed', words.unconfirmed, '');
    this.at.replaceChildren(words.lastConfirmed(moment(confirmedAt)), el('br'), words.unconfirmedHelp);
  }

  // Show a check code as answered by the card's server.
  show(code) {
    this.ring = svg('circle', { cx: 24, cy: 24, r: 20, class: 'rest', 'stroke-dasharray': AROUND });
    this.left = el('span', { class: 'small' });
    this.code.replaceChildren(
      el('h3', { id: 'code-title' }, words.code),
      el('p', { id: 'code-text', class: 'code', 'data-code': code.code },
        ...code.grouped.split(' ').flatMap((group) => [el('span', null, group), ' '])),
      el('p', { class: 'countdown', 'aria-hidden': 'true' },
        svg('svg', { viewBox: '0 0 48 48', width: 48, height: 48, focusable: 'false' },
          svg('circle', { cx: 24, cy: 24, r: 20, class: 'whole' }), this.ring),
        this.left),
      el('img', { id: 'qr', alt: words.qr, src: `data:image/svg+xml,${encodeURIComponent(code.qr)}` }),
      el('p', { class: 'small' }, words.codeHelp));
    this.code.hidden = false;
  }

  // Move the ring: `seconds` of `step` are left.
  tick(seconds, step) {
    if (!this.ring) return;
    const left = Math.max(0, Math.min(step, seconds));
    this.ring.setAttribute('stroke-dashoffset', AROUND * (1 - left / step));
    this.left.textContent = words.secondsLeft(Math.ceil(left));
  }
}
