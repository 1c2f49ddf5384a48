/** The way in a large picture: parts are opened, and what was looked for gets the focus. */

import { DocumentError } from "./document";
import type { Messenger, Model } from "./model";
import { Parts, type Picture } from "./parts";
import type { Scene } from "./scene";
import type { Found } from "./search";
import { Tools } from "./tools";
import type { Zoom } from "./zoom";

export class Way {
  readonly tools: Tools;
  #scene!: Scene;
  /** Gives the pictures of a folded graph's parts. */
  #pictures: Parts | null = null;
  /** The node that is to get the focus once the part that it is in is open. */
  #sought: number | null = null;

  /** `opened` is called when the scene has another picture. */
  constructor(
    zoom: Zoom,
    private readonly opened: () => void,
  ) {
    this.tools = new Tools(
      zoom,
      () => this.#findable(),
      (part) => this.open(part),
    );
  }

  /** Take up a scene. Throws DocumentError if a part that came with it is malformed. */
  enter(scene: Scene, model: Model, messenger: Messenger): void {
    this.#scene = scene;
    this.#pictures =
      scene.folding &&
      new Parts(model, messenger, scene.folding, scene.whole, {
        shown: (picture) => this.#show(picture),
        said: (text) => this.tools.say(text),
      });
  }

  /** Leave the scene: what was sought in it is sought no more. */
  leave(): void {
    this.#pictures?.dispose();
    this.#sought = null;
  }

  /** Python has drawn a part. */
  hear(): void {
    this.#pictures?.hear();
  }

  /** Open a part. With `goesIn` the focus goes into it, for the box that had it is gone. */
  open(part: number, goesIn = false): void {
    if (goesIn) this.#sought = this.#scene.folding!.members(part)[0]!;
    this.#pictures!.open(part);
  }

  /** Show a node that was chosen by its name, if it is folded away. */
  reveal(node: number, takesFocus = false): void {
    const { stage, folding } = this.#scene;
    const isHere = stage.has(node) || !folding;
    if (takesFocus && isHere) this.#focus(node);
    else if (takesFocus) this.#sought = node;
    if (!isHere) this.open(folding!.home(node));
  }

  #show(picture: Picture): void {
    const hadFocus = this.tools.root.contains(document.activeElement);
    try {
      this.#scene.show(picture);
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      this.tools.say(`This part can't be shown: ${error.message}.`);
      return;
    }
    this.opened();
    const sought = this.#sought;
    this.#sought = null;
    if (sought !== null) this.#focus(sought);
    else if (hadFocus) this.tools.focus();
  }

  #focus(node: number): void {
    const box = this.#scene.stage.box(node);
    box?.focus({ preventScroll: true });
    box?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  /** What the search finds: each node, and each part. */
  #findable(): Found[] {
    const { graph, folding } = this.#scene;
    const parts = (folding?.parts ?? []).flatMap(({ name, parent }, part): Found[] =>
      part && !name.includes("…")
        ? [{ name, where: folding!.trail(parent), chosen: () => this.open(part, true) }]
        : [],
    );
    const nodes = graph.nodes.flatMap(({ name, drawn }, node): Found[] =>
      drawn
        ? [{ name, where: folding?.trail(folding.home(node)) ?? "", chosen: () => this.reveal(node, true) }]
        : [],
    );
    return [...parts, ...nodes];
  }
}
