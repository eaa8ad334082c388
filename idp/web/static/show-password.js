/* Adds a button that shows the password. Without this script the page works the same. ES5. */
(function () {
  "use strict";

  function attach(field) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "reveal";
    button.setAttribute("aria-controls", field.id);

    function show(visible) {
      field.type = visible ? "text" : "password";
      button.textContent = field.getAttribute(visible ? "data-hide" : "data-show");
    }

    button.addEventListener("click", function () {
      show(field.type === "password");
    });
    /* Sent as a password again, so that no browser remembers it as ordinary text. */
    field.form.addEventListener("submit", function () {
      show(false);
    });
    show(false);
    field.parentNode.appendChild(button);
  }

  var fields = document.querySelectorAll("input[data-show]");
  for (var i = 0; i < fields.length; i += 1) {
    attach(fields[i]);
  }
})();
