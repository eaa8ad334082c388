/* Decides whether this device can run the card, and starts the app only if so.
   Plain ES5, since it must say so on browsers that understand nothing newer. */
(function () {
  'use strict';

  function show(id) {
    var sections = ['needs', 'waiting', 'unsupported', 'not-phone'];
    for (var i = 0; i < sections.length; i++) {
      var section = document.getElementById(sections[i]);
      if (section && sections[i] === id) section.removeAttribute('hidden');
      else if (section) section.setAttribute('hidden', '');
    }
  }

  function missing() {
    var names = [];
    if (!('noModule' in document.createElement('script'))) names.push('modules');
    if (!window.Promise || !window.fetch) names.push('fetch');
    if (!window.crypto || !window.crypto.subtle) names.push('crypto.subtle');
    if (!window.indexedDB) names.push('IndexedDB');
    if (!window.URLSearchParams || !window.AbortController) names.push('URL, AbortController');
    return names;
  }

  /* A touch screen up to the size of a tablet, or a window as narrow as a phone. */
  function isPhoneLike() {
    var touch = 'ontouchstart' in window || navigator.maxTouchPoints > 0;
    var shortSide = Math.min(screen.width, screen.height);
    return (touch && shortSide <= 1024) || window.innerWidth <= 500;
  }

  function wantsAnyway() {
    var asked = /[?&]anyway=1(&|$)/.test(location.search);
    try {
      if (asked) localStorage.setItem('card-anyway', '1');
      return asked || localStorage.getItem('card-anyway') === '1';
    } catch (error) {
      return asked; // storage is switched off
    }
  }

  function start(lacking) {
    var script = document.createElement('script');
    script.type = 'module';
    script.src = '/static/app/main.js';
    script.onerror = function () { fail(lacking); };
    document.body.appendChild(script);
    setTimeout(function () { if (!window.cardStarted) fail(lacking); }, 10000);
  }

  function fail(lacking) {
    var list = document.getElementById('missing');
    list.textContent = lacking.length ? lacking.join(', ') : 'JavaScript (ES2020)';
    show('unsupported');
  }

  var lacking = missing();
  var anyway = wantsAnyway();
  var returning = location.pathname !== '/';
  show('waiting');
  if (lacking.length && !anyway) fail(lacking);
  else if (!anyway && !returning && !isPhoneLike()) show('not-phone');
  else start(lacking);
})();
