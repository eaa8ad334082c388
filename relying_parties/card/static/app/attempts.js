// Signing in by itself, but never in circles: the page goes to the provider on its own at most
// three times in two minutes, and not at all after an answer that needs a person to read it.

const KEY = 'card-attempts';
const WINDOW = 2 * 60 * 1000;
const MOST = 3;

function recent() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return kept.filter((at) => Date.now() - at < WINDOW && at <= Date.now());
  } catch {
    return [];
  }
}

export const mayStart = () => recent().length < MOST;
export const count = () => sessionStorage.setItem(KEY, JSON.stringify([...recent(), Date.now()]));
export const clear = () => sessionStorage.removeItem(KEY);
