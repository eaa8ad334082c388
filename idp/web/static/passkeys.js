/* Passkeys: the only thing here that needs a script. ES5 but for what WebAuthn itself demands. */
(function () {
  "use strict";

  var able = Boolean(window.PublicKeyCredential && navigator.credentials && window.Promise);

  function bytes(text) {
    var plain = window.atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    var read = new Uint8Array(plain.length);
    for (var i = 0; i < plain.length; i += 1) {
      read[i] = plain.charCodeAt(i);
    }
    return read;
  }

  function text(buffer) {
    var read = new Uint8Array(buffer);
    var plain = "";
    for (var i = 0; i < read.length; i += 1) {
      plain += String.fromCharCode(read[i]);
    }
    return window.btoa(plain).replace(/\+/g, "-").split("/").join("_").replace(/=+$/, "");
  }

  function each(list, act) {
    for (var i = 0; i < list.length; i += 1) {
      act(list[i]);
    }
  }

  function withBytes(descriptors) {
    each(descriptors || [], function (one) {
      one.id = bytes(one.id);
    });
  }

  function ask(options) {
    options.challenge = bytes(options.challenge);
    withBytes(options.allowCredentials);
    return navigator.credentials.get({ publicKey: options });
  }

  function make(options) {
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    withBytes(options.excludeCredentials);
    return navigator.credentials.create({ publicKey: options });
  }

  function written(credential) {
    var from = credential.response;
    var response = { clientDataJSON: text(from.clientDataJSON) };
    if (from.attestationObject) {
      response.attestationObject = text(from.attestationObject);
    } else {
      response.authenticatorData = text(from.authenticatorData);
      response.signature = text(from.signature);
      response.userHandle = from.userHandle ? text(from.userHandle) : null;
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: response
    });
  }

  function attach(form, kind, act) {
    var failed = document.querySelector("[data-passkey-failed]");
    var busy = false;

    function run() {
      if (busy) {
        return;
      }
      busy = true;
      failed.hidden = true;
      act(JSON.parse(form.getAttribute(kind))).then(
        function (credential) {
          form.elements.credential.value = written(credential);
          form.submit();
        },
        function () {
          busy = false;
          failed.hidden = false;
        }
      );
    }

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      run();
    });
    return run;
  }

  if (!able) {
    each(document.querySelectorAll("[data-passkey-missing]"), function (told) {
      told.hidden = false;
    });
    return;
  }
  each(document.querySelectorAll("[data-passkey-start]"), function (form) {
    form.hidden = false;
    /* Somebody who ticked the box for a shared device before going on with a passkey meant it. */
    form.addEventListener("submit", function () {
      var box = document.getElementById("shared_device");
      if (form.elements.shared_device && box) {
        form.elements.shared_device.value = box.checked ? "on" : "";
      }
    });
  });
  each(document.querySelectorAll("[data-passkey-get]"), function (form) {
    var run = attach(form, "data-passkey-get", ask);
    if (!form.hasAttribute("data-passkey-wait")) {
      run();
    }
  });
  each(document.querySelectorAll("[data-passkey-create]"), function (form) {
    attach(form, "data-passkey-create", make);
  });
})();
