// The app's words in English. `texts-ja.js` says the same; a test compares the keys.

const IPHONE = ['iPhone: touch and hold the card’s icon on the home screen.', 'Choose “Delete Bookmark” or “Delete App”.'];
const ANDROID = ['Android: touch and hold the card’s icon on the home screen.', 'Choose “Uninstall” or “Remove”.'];

export const en = {
  title: 'Digital membership card',
  otherLanguage: '日本語',
  japanTime: (text) => `${text} (Japan time)`,
  checking: 'Checking…',
  name: 'Name',
  memberNumber: 'Member number',
  validUntil: 'Valid until',
  confirmed: 'Valid',
  confirmedAt: (text) => `Confirmed at ${text}`,
  code: 'Check code',
  codeHelp: 'It changes every 30 seconds. When asked, show this code or the QR code.',
  qr: 'QR code for checking this card',
  secondsLeft: (n) => `${n} s left`,
  unconfirmed: 'Not confirmed',
  unconfirmedHelp: 'The card could not be confirmed over the internet, so no check code can be shown. This page renews itself when the connection is back.',
  lastConfirmed: (text) => `Last confirmed: ${text}`,
  refresh: 'Refresh',
  signIn: 'Sign in',
  signInAgain: 'Sign in again',
  signOut: 'Sign out',
  signedOut: {
    title: 'You have signed out',
    text: ['The card has been removed from this device.'],
  },
  signedOutHere: {
    title: 'You have signed out on this device',
    text: ['The card has been removed from this device. There is no internet connection, so we could not sign you out of the member portal. Please sign out there when you are online.'],
  },
  denied: {
    title: 'You could not be signed in',
    text: ['Before you can use the digital membership card, you must register for the member portal.'],
    steps: ['Have your invitation with the registration code at hand.', 'Open the member portal and register with the registration code, your member number and your birth date.', 'Then come back to this page and sign in.'],
  },
  portal: 'Open the member portal',
  failed: {
    title: 'Signing in was not completed',
    text: ['The page may have been closed, or it took too long. Please try again.'],
  },
  welcome: {
    title: 'Please sign in',
    text: ['Use the same email address and password as for the member portal.'],
  },
  offline: {
    title: 'No internet connection',
    text: ['Please try again where you have a connection.'],
  },
  tooOld: {
    title: 'The card cannot be shown',
    text: ['It could not be confirmed for more than 24 hours. Please try again where you have an internet connection.'],
  },
  noKeys: {
    title: 'This browser cannot use the card',
    text: [
      'So that nobody can copy your card to another device, the card makes a key that stays on this one. This browser cannot make that key, or cannot keep it.',
      'Please leave private browsing, or open the card in a current browser (Safari on iPhone, Chrome on Android, for example). The member portal works as it is.',
    ],
  },
  broken: {
    title: 'The card cannot be shown',
    text: ['This device cannot store data, or something went wrong in the app. Please leave private browsing and try again.'],
  },
  ended: {
    membership_ended: {
      title: 'Your membership has ended',
      text: ['Your membership has ended, for example because your capital was refunded, so the digital membership card no longer works. Its data has been removed from this device.', 'Please uninstall the app.'],
      steps: { iphone: IPHONE, android: ANDROID },
    },
    service_stopped: {
      title: 'You have stopped using the service',
      text: ['You have stopped using the member portal, so the digital membership card no longer works either. Its data has been removed from this device.', 'Please uninstall the app.'],
      steps: { iphone: IPHONE, android: ANDROID },
    },
    signed_out: {
      title: 'You are signed out',
      text: ['You signed out in the member portal or on another device, or your sign-in has expired. The card has been removed from this device.'],
    },
    blocked: {
      title: 'Your access is blocked for now',
      text: ['The card cannot be shown because of a block on your account. Its data has been removed from this device. If you do not know why, please call us.'],
    },
  },
  uninstall: 'How to uninstall',
  helpDesk: 'Telephone help desk',
};
