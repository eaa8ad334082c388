// Dates of the card, pure: until when it is valid, and when it may be shown without a network.
// Dates are strings YYYY-MM-DD in Asia/Tokyo; times are milliseconds since the epoch.

const DAY = 24 * 60 * 60 * 1000;
const CLOCK_WENT_BACK = 5 * 60 * 1000;
const TOKYO = 9 * 60 * 60 * 1000; // no summer time

export const today = (now) => new Date(now + TOKYO).toISOString().slice(0, 10);

// The last day of the current fiscal year (April to March), or the last day of the membership: the
// claim names the day on which it is over from 00:00 on.
export function validUntil(now, membershipEndsOn) {
  const [year, month] = today(now).split('-').map(Number);
  const fiscal = `${month >= 4 ? year + 1 : year}-03-31`;
  const over = /^\d{4}-\d{2}-\d{2}$/.test(membershipEndsOn ?? '') ? Date.parse(membershipEndsOn) : NaN;
  const last = Number.isNaN(over) ? fiscal : new Date(over - DAY).toISOString().slice(0, 10);
  return last < fiscal ? last : fiscal;
}

// Without confirmation the last card counts for 24 hours, not beyond its last day, and not when
// the device's clock was turned back.
export function mayShowUnconfirmed(card, now) {
  const age = now - card.confirmedAt;
  return age <= DAY && age >= -CLOCK_WENT_BACK && today(now) <= card.validUntil;
}
