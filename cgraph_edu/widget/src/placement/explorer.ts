/** The placement view: what is placed where, asked for and shown. Python draws and simulates. */

import { Courier, type Wait } from "../courier";
import { DocumentError } from "../document";
import { element, setText } from "../dom";
import { Live } from "../live";
import { PATIENCE_MS, type Model } from "../model";
import { resolveTheme, watchTheme } from "../theme";
import { Bar } from "./bar";
import { BlocksPanel } from "./blocks";
import { ComparisonPanel, MachinePanel } from "./comparison";
import { readPlacement, type Answer, type Document, type Outcome, type Request, type Step } from "./document";
import { PathPanel } from "./path";
import { RunPanel, timeline } from "./running";
import { PlacementStage } from "./stage";

/** After this long without a sign that a run goes on, Python may be gone: one comes every second. */
const MORE_PATIENCE_MS = 10000;

const GONE = "Python does not answer. Is the kernel running?";

/** What can be undone. */
type Kept = Pick<Answer, "placement" | "workers">;

export class PlacementExplorer {
  readonly #host = element("div", { class: "cgx-stage" });
  readonly #hint = element("p", { class: "cgx-hint cgx-aside" });
  readonly #sign = element("p", { class: "cgx-sign", role: "status" });
  readonly #message = element("p", { class: "cgx-message", role: "status" });
  readonly #simulated = element("div", { class: "cgx-simulated" });
  readonly #live = new Live();
  readonly #stops: (() => void)[] = [];
  readonly #kept: Kept[] = [];

  #document!: Document;
  #bar!: Bar;
  #blocks!: BlocksPanel;
  #comparison!: ComparisonPanel;
  #machine!: MachinePanel;
  #path!: PathPanel;
  #run!: RunPanel;
  #courier!: Courier<Request, Answer>;
  #stage: PlacementStage | null = null;
  #drawn = "";
  #timed = "";
  #answer!: Answer;
  /** What a person wants to see; the answer may be behind it. Its placement is the one in the table. */
  #wanted!: Request & Kept;
  #isAutomaticWanted = false;
  /** What a person does on top of the automatic placement before it is there. */
  #later: (() => void)[] = [];
  #wait: Wait = "none";
  /** A run was asked for, and Python has not said that it began. */
  #isOrdered = false;
  #isSilent = false;
  #patience = 0;
  /** A button is down on the picture: were it changed now, that would be no click. */
  #isPressed = false;
  /** What to say when the answer has settled, before what came of it. */
  #did = "";

  constructor(
    private readonly model: Model,
    private readonly root: HTMLElement,
  ) {
    root.classList.add("cgx", "cgx-placement", "cgx-long");
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "placement of a computational graph");
    // Keys stop here: they are not the notebook's.
    root.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape" && this.#path?.step) this.#light(-1);
    });
    try {
      this.#document = readPlacement(model.get("document"));
      this.#furnish();
      this.#take(model.get("answer") as Answer, true);
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      const text = `This placement can't be shown: ${error.message}.`;
      root.replaceChildren(element("p", { class: "cgx-message", role: "alert" }, text));
      return;
    }
    this.#listen("outcome", () => this.#heed());
    this.#heed();
    this.#listen("theme", () => this.#paint());
    this.#stops.push(watchTheme(() => this.#paint()));
  }

  dispose(): void {
    this.#courier?.stop();
    this.#stops.forEach((stop) => stop());
    this.#live.stop();
    clearTimeout(this.#patience);
    this.root.replaceChildren();
  }

  #listen(trait: string, callback: () => void): void {
    this.model.on(`change:${trait}`, callback);
    this.#stops.push(() => this.model.off(`change:${trait}`, callback));
  }

  #furnish(): void {
    const { blocks, most, fields } = this.#document;
    this.#bar = new Bar(blocks.length, most, {
      workers: (count) =>
        this.#soon(() => this.#place({ workers: count, placement: atMost(this.#wanted.placement, count) }, "")),
      pass: (isReverse) => this.#ask({ isReverse }),
    });
    this.#blocks = new BlocksPanel(blocks, {
      give: (block, worker) => this.#soon(() => this.#give(block, worker)),
      automatic: () => this.#automatic(),
      undo: () => this.#undo(),
    });
    this.#comparison = new ComparisonPanel();
    this.#machine = new MachinePanel(fields, (machine) => this.#ask({ machine }));
    this.#path = new PathPanel((step) => this.#light(step));
    this.#run = new RunPanel(() => this.#order());
    this.#courier = new Courier<Request, Answer>(
      this.model,
      (answer, isLast) => this.#take(answer, isLast),
      (wait) => {
        this.#wait = wait;
        this.#report();
      },
    );
    this.#host.addEventListener("pointerdown", () => (this.#isPressed = true));
    for (const end of ["pointerup", "pointercancel"]) {
      window.addEventListener(end, this.#release);
      this.#stops.push(() => window.removeEventListener(end, this.#release));
    }
    const place = element("div", { class: "cgx-place" }, this.#host, this.#hint, this.#sign);
    const panels = [this.#blocks.root, this.#comparison.root, this.#machine.root];
    const timelines = element("div", { class: "cgx-times" }, this.#path.root, this.#simulated, this.#run.root);
    const body = element("div", { class: "cgx-body" }, place, this.#message, ...panels, timelines);
    this.root.replaceChildren(this.#bar.root, body, this.#live.root);
  }

  // --- What a person does --------------------------------------------------------------------------

  #give(block: number, worker: number): void {
    const { placement, workers } = this.#wanted;
    const { name } = this.#document.blocks[block]!;
    if (worker >= workers) {
      const many = workers === 1 ? "there is worker 0 alone" : `the workers are 0 to ${workers - 1}`;
      this.#live.say(`There is no worker ${worker}: ${many}.`);
    } else if (placement[block] === worker) {
      this.#live.say(`${name} is on worker ${worker}.`);
    } else {
      this.#place({ placement: placement.map((w, i) => (i === block ? worker : w)) }, `${name} on worker ${worker}`);
    }
  }

  /** Now; or when the automatic placement that was asked for is there. */
  #soon(act: () => void): void {
    if (this.#isAutomaticWanted && this.#wait !== "gone") this.#later.push(act);
    else act();
  }

  #automatic(): void {
    this.#isAutomaticWanted = true;
    this.#place({}, "automatic placement");
  }

  #undo(): void {
    const kept = this.#kept.pop();
    if (!kept) return;
    this.#did = "undone";
    this.#ask(kept);
  }

  /** Change the placement in a way that can be undone. */
  #place(change: Partial<Kept>, did: string): void {
    this.#keep();
    this.#did = did;
    this.#ask(change);
  }

  #keep(): void {
    const { placement, workers } = this.#wanted;
    this.#kept.push({ placement, workers });
  }

  #ask(change: Partial<Request & Kept>): void {
    if (change.placement) {
      this.#isAutomaticWanted = false;
      this.#later = [];
    }
    this.#wanted = { ...this.#wanted, ...change };
    this.#show();
    this.#courier.ask({ ...this.#wanted, placement: this.#isAutomaticWanted ? null : this.#wanted.placement });
  }

  /** Light a step of the critical path, in the pass that it belongs to. */
  #light(step: number): void {
    this.#path.mark(step);
    const lit = this.#path.step;
    this.#mark(lit);
    if (lit && lit.isReverse !== this.#wanted.isReverse) this.#ask({ isReverse: lit.isReverse });
  }

  #order(): void {
    const { placement, workers } = this.#wanted;
    const number = Number((this.model.get("order") as { number?: number } | undefined)?.number ?? 0) + 1;
    this.model.set("order", { number, placement, workers });
    this.model.save_changes();
    this.#isOrdered = true;
    this.#expect(PATIENCE_MS);
  }

  /** Python tells of a run: that it is under way, or what came of it. */
  #heed(): void {
    this.#isOrdered = false;
    this.#expect(this.#outcome?.state === "running" ? MORE_PATIENCE_MS : 0);
  }

  /** Python is there, and is to tell more of a run within so long; 0 for nothing more. */
  #expect(patience: number): void {
    clearTimeout(this.#patience);
    this.#isSilent = false;
    const doubt = (): void => {
      this.#isOrdered = false;
      this.#isSilent = true;
      this.#report();
    };
    if (patience) this.#patience = window.setTimeout(doubt, patience);
    this.#report();
  }

  get #outcome(): Outcome | null {
    const told = (this.model.get("outcome") ?? {}) as Partial<Outcome>;
    return told.state ? (told as Outcome) : null;
  }

  // --- What Python answers -------------------------------------------------------------------------

  #take(answer: Answer, isLast: boolean): void {
    this.#answer = answer;
    this.#isSilent = false;
    if (isLast) {
      const { placement, workers, isReverse, machine } = answer;
      const isFromPython = this.#wanted && !this.#did && !this.#isAutomaticWanted;
      if (isFromPython && !isEqual(placement, this.#wanted.placement)) this.#keep();
      this.#isAutomaticWanted = false;
      this.#wanted = { placement, workers, isReverse, machine };
      this.#settle();
    }
    this.#draw();
    this.#show();
    if (isLast) for (const act of this.#later.splice(0)) act();
  }

  /** The click comes after this; then the picture may change. */
  readonly #release = (): void => {
    if (!this.#isPressed) return;
    window.setTimeout(() => {
      this.#isPressed = false;
      this.#draw();
    });
  };

  /** The picture; the focus stays on the box that had it. */
  #draw(): void {
    const { svg, placement, path, sum } = this.#answer;
    this.#path.show(path, sum);
    if (svg !== this.#drawn && !this.#isPressed) {
      const focused = this.#stage?.focused ?? -1;
      const giving = {
        next: (block: number) =>
          this.#soon(() => this.#give(block, (this.#wanted.placement[block]! + 1) % this.#wanted.workers)),
        to: (block: number, worker: number) => this.#soon(() => this.#give(block, worker)),
      };
      this.#stage = new PlacementStage(svg, this.#document.blocks, placement, giving);
      const { scrollLeft } = this.#host;
      this.#host.replaceChildren(this.#stage.svg);
      this.#host.scrollLeft = scrollLeft;
      this.#stage.focus(focused);
      this.#drawn = svg;
    }
    if (this.#answer.timeline !== this.#timed) {
      this.#timed = this.#answer.timeline;
      this.#simulated.replaceChildren(timeline("simulated", this.#timed));
    }
    this.#comparison.show(this.#answer.figures);
    this.#machine.explain(this.#answer.explanation);
    this.#mark(this.#path.step);
    this.#paint();
  }

  /** In the picture and in the timeline. */
  #mark(step: Step | undefined): void {
    this.#stage!.light(step);
    for (const task of this.#simulated.querySelectorAll<SVGElement>(".task")) {
      const { item } = this.#document.blocks[Number(task.dataset["block"])] ?? {};
      const isLit = step?.worker != null && step.items.includes(item!);
      task.classList.toggle("cgx-acting", isLit && task.matches(".reverse") === step.isReverse);
    }
  }

  // --- What is shown -------------------------------------------------------------------------------

  /** What a person wants, at once. */
  #show(): void {
    const { placement, workers, isReverse, machine } = this.#wanted;
    const { isAutomatic } = this.#answer;
    this.#bar.show(workers, isReverse);
    this.#blocks.show(placement, workers);
    this.#blocks.allow(this.#kept.length > 0, isAutomatic && isEqual(placement, this.#answer.placement));
    this.#machine.show(machine);
    const what = isReverse
      ? "Each worker that used a value sends back one adjoint: the sum of what its own uses contribute."
      : "A value is sent once to each other worker that uses it.";
    const keys = `0 ${workers === 2 ? "or" : "to"} ${workers - 1}`;
    const how = workers > 1 ? ` Click a box for the next worker, or press ${keys} on it.` : "";
    setText(this.#hint, what + how);
    this.#report();
  }

  /** Whether what is shown is what was asked for, and if not, why; and what is run. */
  #report(): void {
    const isStale = this.#wait === "computing" || this.#wait === "gone";
    this.root.classList.toggle("cgx-stale", isStale);
    this.root.setAttribute("aria-busy", String(this.#wait !== "none"));
    setText(this.#sign, this.#wait === "computing" ? "computing… the picture is not current" : "");
    const { message } = this.#answer;
    const text =
      this.#wait === "gone"
        ? "Python has not answered: is the kernel running? Picture and figures are those of the placement before."
        : message;
    setText(this.#message, text);
    this.#message.hidden = !text;
    this.#reportRun();
  }

  #reportRun(): void {
    const outcome = this.#outcome;
    const isOld = outcome !== null && !isEqual(outcome.of, this.#wanted.placement);
    const why = this.#document.run || (this.#isSilent || this.#wait === "gone" ? GONE : "");
    this.#run.show(outcome, why, isOld, this.#isOrdered);
    this.#run.paint(resolveTheme(this.model.get("theme")));
    this.#blocks.showRun((!isOld && outcome?.ran) || null, this.#wanted.placement);
  }

  #paint(): void {
    const theme = resolveTheme(this.model.get("theme"));
    this.root.dataset["theme"] = theme;
    this.#stage?.paint(theme);
    for (const svg of this.#simulated.querySelectorAll("svg")) {
      svg.classList.toggle("cg-light", theme === "light");
      svg.classList.toggle("cg-dark", theme === "dark");
    }
    this.#run.paint(theme);
  }

  #settle(): void {
    this.#live.settle(() => {
      const did = this.#did;
      this.#did = "";
      if (this.#wait !== "none" || this.#answer.message) return null;
      return [did, this.#answer.words].filter(Boolean).join(": ");
    });
  }
}

function atMost(placement: readonly number[], workers: number): number[] {
  return placement.map((worker) => Math.min(worker, workers - 1));
}

function isEqual(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((x, i) => x === other[i]);
}
