// Which language, and the words in it. `?lang=` decides and is remembered; else the browser's.

import { en } from './texts-en.js';
import { ja } from './texts-ja.js';

function choose() {
  const asked = new URLSearchParams(location.search).get('lang');
  try {
    if (asked === 'ja' || asked === 'en') localStorage.setItem('card-lang', asked);
    const kept = localStorage.getItem('card-lang');
    if (kept === 'ja' || kept === 'en') return kept;
  } catch {
    // storage is switched off: the browser's language it is
  }
  return navigator.language.toLowerCase().startsWith('ja') ? 'ja' : 'en';
}

export const lang = choose();
export const words = lang === 'ja' ? ja : en;

const format = (options) => new Intl.DateTimeFormat(lang === 'ja' ? 'ja-JP' : 'en-GB', {
  timeZone: 'Asia/Tokyo', ...options,
});
const TIME = format({ hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const MINUTE = format({ hour: '2-digit', minute: '2-digit', hour12: false });
const WEEKDAY = format({ weekday: 'short' });
const LONG = format({ year: 'numeric', month: 'long', day: 'numeric' });

export const time = (ms) => TIME.format(ms);
export const day = (date) => LONG.format(new Date(`${date}T00:00:00+09:00`));

// 2026年7月31日（金）14:35, Japan time.
export function moment(ms) {
  const date = lang === 'ja' ? `${LONG.format(ms)}（${WEEKDAY.format(ms)}）` : `${WEEKDAY.format(ms)} ${LONG.format(ms)}, `;
  return words.japanTime(date + MINUTE.format(ms));
}
