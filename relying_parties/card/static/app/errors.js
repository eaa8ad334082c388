// The two ways in which the card is not confirmed.

export const REASONS = ['membership_ended', 'service_stopped', 'signed_out', 'blocked'];
export const FINAL = ['membership_ended', 'service_stopped'];

// The provider said that access has ended; `reason` is one of REASONS or null.
export class Ended extends Error {
  constructor(reason) {
    super('ended');
    this.reason = REASONS.includes(reason) ? reason : null;
  }
}

// Nobody could be asked, or gave no usable answer: nothing is known.
export class Unreachable extends Error {}
