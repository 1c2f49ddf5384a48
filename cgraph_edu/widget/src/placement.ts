/** The module of the placement view. anywidget calls `render`. */

import "./explorer.css";
import "./stepper.css";
import "./tools.css";

import type { Model } from "./model";
import { PlacementExplorer } from "./placement/explorer";
import "./placement/placement.css";

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const explorer = new PlacementExplorer(model, el);
  return () => explorer.dispose();
}

export default { render };
