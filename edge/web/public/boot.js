// Runs before anything is drawn; a file of its own, so that no inline script has to be allowed.
// Where the editor finds its fonts: its fallback would be another host.
window.EXCALIDRAW_ASSET_PATH = "/assets-excalidraw/";
window.EXCALIDRAW_EXPORT_SOURCE = location.origin;
// The theme, so that a dark page does not flash white.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("doska.theme");
  } catch {
    // No storage: as on this device.
  }
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
