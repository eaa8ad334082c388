// What the app keeps on the device: one IndexedDB store of named values.
// `session`: refresh token, ID token, sid, sub, key, and the last confirmed card. `ended`: why the
// access ended (no personal data). `pending:STATE`: a sign-in on its way. `config`, `offset`.

const NAME = 'kumiai-card';

let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore('values');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function run(mode, act) {
  const transaction = (await database()).transaction('values', mode);
  const request = act(transaction.objectStore('values'));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

export const get = (key) => run('readonly', (values) => values.get(key));
export const put = (key, value) => run('readwrite', (values) => values.put(value, key));
export const remove = (key) => run('readwrite', (values) => values.delete(key));

// Change a value in one transaction: `change` gets the stored value (or undefined) and returns the
// new one; undefined leaves things as they are. Resolves to the new value. Two tabs never undo one
// another's change, and nothing comes back after a wipe.
export async function update(key, change) {
  let changed;
  await run('readwrite', (values) => {
    const request = values.get(key);
    request.onsuccess = () => {
      changed = change(request.result);
      if (changed !== undefined) values.put(changed, key);
    };
  });
  return changed;
}

// Remove everything that belongs to a person, sign-ins on their way included.
export const wipe = () => run('readwrite', (values) => {
  values.delete('session');
  values.delete(IDBKeyRange.bound('pending:', 'pending:\uffff'));
});
