/** The module of the explorer of arrays. anywidget calls `render`. */

import "./explorer.css";
import "./stepper.css";
import "./tools.css";

import { ArrayExplorer } from "./arrays/explorer";
import type { Model } from "./model";
import { openPage } from "./page";
import "./layout.css";
import "./arrays/arrays.css";

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const explorer = new ArrayExplorer(model, el);
  return () => explorer.dispose();
}

openPage("arrays", render);

export default { render };
