/** Light or dark: what was asked for, else what the notebook shows, else what the system prefers. */

/** What JupyterLab and Notebook, and marimo, write on the body. */
const LAB = "data-jp-theme-light";
const MARIMO = "data-theme";

/** Call `changed` now and whenever the page's own theme changes. Returns a function that stops it. */
export function watchTheme(changed: () => void): () => void {
  const preference = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  preference.addEventListener("change", changed);
  observer.observe(document.body, { attributeFilter: [LAB, MARIMO] });
  changed();
  return () => {
    preference.removeEventListener("change", changed);
    observer.disconnect();
  };
}

/** The theme to show when `wanted` is "auto", "light" or "dark". */
export function resolveTheme(wanted: unknown): "light" | "dark" {
  if (wanted === "light" || wanted === "dark") return wanted;
  const lab = document.body.getAttribute(LAB);
  if (lab !== null) return lab === "false" ? "dark" : "light";
  const marimo = document.body.getAttribute(MARIMO);
  if (marimo === "light" || marimo === "dark") return marimo;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
