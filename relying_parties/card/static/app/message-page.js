// Pages that say one thing: why there is no card, and what to do.

import { el, replaceMain } from './elements.js';
import { lang, words } from './language.js';

const list = (items, ordered = true) => el(ordered ? 'ol' : 'ul', null, ...items.map((item) => el('li', null, item)));

function uninstall({ iphone, android }) {
  return el('section', { 'aria-labelledby': 'uninstall' },
    el('h3', { id: 'uninstall' }, words.uninstall), list(iphone), list(android));
}

function helpDesk(config) {
  const desk = config?.help_desk;
  if (!desk) return null;
  return el('section', { 'aria-labelledby': 'help-desk' },
    el('h3', { id: 'help-desk' }, words.helpDesk),
    el('p', null, el('a', { class: 'telephone', href: `tel:${desk.telephone.replace(/[^0-9+]/g, '')}` }, desk.telephone),
      el('br'), desk.hours[lang]));
}

// Show `message` ({title, text, steps?}). `action` is {label, act, second?}; `id` names the page for tests
// and styles; with `portal` there is a link to the portal.
export function showMessage(config, id, message, { action, portal = false, help = false } = {}) {
  const steps = message.steps;
  replaceMain(el('section', { id, 'aria-labelledby': 'message-title' },
    el('h2', { id: 'message-title' }, message.title),
    ...message.text.map((text) => el('p', null, text)),
    Array.isArray(steps) ? list(steps) : null,
    steps && !Array.isArray(steps) ? uninstall(steps) : null,
    portal && config?.portal_url
      ? el('p', null, el('a', { class: 'button second', id: 'portal', href: config.portal_url }, words.portal))
      : null,
    action ? el('p', null, el('button', { type: 'button', id: 'act', class: action.second ? 'second' : null, onclick: action.act }, action.label)) : null,
    help ? helpDesk(config) : null));
}
