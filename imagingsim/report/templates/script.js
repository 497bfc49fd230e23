(() => {
  const body = document.body;
  for (const box of document.querySelectorAll("[data-toggle]")) {
    const apply = () => body.classList.toggle("show-" + box.dataset.toggle, box.checked);
    box.addEventListener("change", apply);
    apply();
  }
  document.querySelector("[data-theme]").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  const dialog = document.querySelector("dialog.viewer");
  const stage = dialog.querySelector(".stage");
  for (const picture of document.querySelectorAll("figure .picture")) {
    picture.addEventListener("click", () => {
      const copy = picture.cloneNode(true);
      const [width, height] = picture.style.aspectRatio.split("/").map(Number);
      const scale = Math.min((innerWidth * 0.94) / width, (innerHeight * 0.94) / height);
      copy.style.width = width * scale + "px";
      stage.replaceChildren(copy);
      dialog.showModal();
    });
  }
  dialog.addEventListener("click", () => dialog.close());
})();
