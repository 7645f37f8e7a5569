// Attest: what scripts add to pages that work without them. Copy buttons, filters that apply at once, keys.
(() => {
  "use strict";
  const words = document.documentElement.lang === "uk" ? { copy: "Скопіювати", copied: "Скопійовано" } : { copy: "Copy", copied: "Copied" };

  // Copy buttons: [data-copy] names the element whose text is copied.
  for (const place of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn sm";
    button.textContent = words.copy;
    button.addEventListener("click", async () => {
      const text = document.getElementById(place.dataset.copy).textContent.trim();
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const area = document.createElement("textarea");
        area.value = text;
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
      }
      button.textContent = words.copied;
      setTimeout(() => { button.textContent = words.copy; }, 2000);
    });
    place.prepend(button);
  }

  // A form with [data-auto] is sent as soon as a box or a list changes, wherever on the page that is.
  document.addEventListener("change", ({ target }) => {
    if (target.form?.matches("[data-auto]") && target.matches("select, input[type=checkbox], input[type=radio]")) target.form.requestSubmit();
  });

  // Addresses of searches do not name the fields that are empty.
  document.addEventListener("formdata", ({ target, formData }) => {
    if (target.method === "get") for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });

  // Keys: / to the search box, g and a letter to a section, j and k through a list.
  let went = false;
  document.addEventListener("keydown", (event) => {
    const isField = event.target.matches("input, select, textarea, [contenteditable]");
    if (isField || event.ctrlKey || event.metaKey || event.altKey) return;
    const root = document.documentElement.lang === "uk" ? "/uk" : "";
    const to = { h: root || "/", s: `${root}/search`, t: `${root}/topics` }[event.key];
    if (went && to) {
      location.assign(to);
    } else if (event.key === "/") {
      const box = document.querySelector("input[type=search]");
      if (box) { box.focus(); event.preventDefault(); } else location.assign(`${root}/search`);
    } else if (event.key === "j" || event.key === "k") {
      const links = [...document.querySelectorAll(".claims h3 a")];
      const next = links.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
      if (links[next]) { links[next].focus(); event.preventDefault(); }
    }
    went = event.key === "g";
  });
})();
