/** The explorer: its state, and what happens when it changes. anywidget calls `render`. */

import "./explorer.css";

import { outcome, plot, routes } from "./account";
import { BugLab, readEngine, type Engine } from "./buglab";
import { Curve } from "./curve";
import { pathSum, type Path } from "./derive";
import { DocumentError, fromJson, toJson } from "./document";
import { element, keepKeys } from "./dom";
import { InputsPanel, type Range } from "./inputs";
import { Ledger, LISTED } from "./ledger";
import { Live } from "./live";
import { Messenger, type Model } from "./model";
import { Modes, readView, type View } from "./modes";
import { mathName } from "./names";
import { openPage } from "./page";
import { Prediction, told, verdictAt } from "./predict";
import { Question } from "./question";
import { Quiz } from "./quiz";
import { Report } from "./report";
import { Scene } from "./scene";
import { Stepper } from "./stepper";
import { resolveTheme, watchTheme } from "./theme";
import { sentences, Twin } from "./twin";
import { walk } from "./walk";
import { Way } from "./way";
import { why, whyTrivial } from "./why";
import { Zoom } from "./zoom";
// The last word on where things stand.
import "./layout.css";

export { adjoints, pathSum } from "./derive";
export { judge } from "./answers";
export { readDocument } from "./document";
export { pathCost, shortCount } from "./cost";
export { FaultyEngine, isRight } from "./faulty";
export { Program } from "./evaluate";
export { formatNumber } from "./numbers";
export { plan, take } from "./steps";

/** A picture with more boxes than this has tools to find the way in it. */
const MANY = 24;

/** More inputs than this are offered by the menu only. */
const MOST_CHIPS = 12;

const UNKNOWN_RANGE: Range = [-3, 3, 0.1];

class Explorer {
  readonly #messenger: Messenger;
  readonly #question = new Question((source, target) => {
    const [from, to] = [this.#scene!.find(source), this.#scene!.find(target)!];
    const chosen = to === this.#target ? from : to;
    this.#choose(from, to);
    if (chosen !== null) this.#way.reveal(chosen);
  });
  readonly #host = element("div", { class: "cgx-stage" });
  readonly #zoom = new Zoom(this.#host);
  readonly #way = new Way(this.#zoom, () => this.#set());
  readonly #report = new Report(() => this.model.isAlone === true);
  readonly #lab = new BugLab((engine) => this.#use(engine));
  readonly #panel = new InputsPanel(
    (index, value) => this.#moveOne(index, value),
    () => this.#move(this.#initial()),
    this.#lab.menu,
  );
  readonly #ledger = new Ledger({
    lit: (path) => this.#light(path),
    chosen: (path) => this.#choosePath(path === this.#chosenPath ? -1 : path),
  });
  readonly #prediction = new Prediction({
    answered: (text) => this.#answer(text),
    shown: () => this.#show(),
  });
  readonly #modes = new Modes((view) => this.#turn(view));
  readonly #stepper = new Stepper((step) => this.#goTo(step));
  readonly #curve = new Curve((x) => this.#moveOne(this.#scene!.graph.inputs.indexOf(this.#source!), x));
  readonly #twin = new Twin(() => sentences(this.#scene!, this.#target));
  readonly #live = new Live();
  readonly #parts = [
    this.#question.root,
    this.#way.tools.root,
    element(
      "div",
      { class: "cgx-body" },
      this.#host,
      this.#report.root,
      this.#panel.root,
      this.#ledger.root,
      this.#prediction.root,
      this.#stepper.root,
      this.#curve.root,
      this.#lab.panel,
      this.#twin.root,
    ),
    this.#live.root,
  ];

  #scene: Scene | null = null;
  /** What the sliders say; the scene may still be at older inputs, until a guard holds again. */
  #inputs: readonly number[] = [];
  #source: number | null = null;
  #target = 0;
  #paths: readonly Path[] = [];
  #chosenPath = -1;
  #litPath = -1;
  #view: View = "paths";
  readonly #quiz: Quiz;
  #engine: Engine = "reverse";
  /** How many steps of the pass are done; 0 is before the seed. */
  #stepNumber = 0;

  #isReloading = false;
  /** Whether things moved on since Python's last message. */
  #isDismissed = false;
  #finishing = 0;
  /** What is said of each node beside its value. */
  #remarks: readonly string[] = [];
  readonly #stops: (() => void)[] = [];

  /** Takes over what Python says, trait by trait. */
  readonly #takes: Readonly<Record<string, () => void>> = {
    source: () => (this.#source = this.#scene!.find(this.model.get("source"))),
    target: () => (this.#target = this.#scene!.find(this.model.get("target")) ?? this.#target),
    selected_path: () => (this.#chosenPath = this.#count("selected_path", -1)),
    mode: () => (this.#view = readView(this.model.get("mode"))),
    engine: () => (this.#engine = readEngine(this.model.get("engine"))),
    step: () => (this.#stepNumber = this.#count("step")),
    prediction: () => this.#quiz.hear(),
  };

  constructor(
    private readonly model: Model,
    private readonly root: HTMLElement,
  ) {
    this.#messenger = new Messenger(model);
    this.#quiz = new Quiz(model);
    root.classList.add("cgx");
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "computational graph explorer");
    root.addEventListener("keydown", (event) => this.#key(event));
    this.#question.root.append(this.#modes.root);
    for (const trait of ["document", "svg", "ranges"]) this.#listen(trait, () => this.#reload());
    for (const trait of ["inputs", ...Object.keys(this.#takes)]) this.#listen(trait, () => this.#hear());
    this.#listen("part", () => this.#way.hear());
    this.#listen("opened", () => this.#hearOpened());
    this.#listen("message", () => {
      this.#isDismissed = false;
      this.#draw();
    });
    this.#listen("theme", () => this.#paint());
    this.#stops.push(watchTheme(() => this.#paint()));
    this.#load();
  }

  dispose(): void {
    this.#messenger.flush();
    this.#stepper.pause();
    this.#stops.forEach((stop) => stop());
    this.#live.stop();
    this.#report.stop();
    cancelAnimationFrame(this.#finishing);
    this.#curve.dispose();
    this.#scene?.orientation.stop();
    this.#way.leave();
    this.root.replaceChildren();
  }

  // --- The graph -----------------------------------------------------------------------------------

  /** Document and picture change together: wait until both are there. */
  #reload(): void {
    if (this.#isReloading) return;
    this.#isReloading = true;
    queueMicrotask(() => {
      this.#isReloading = false;
      this.#load();
    });
  }

  #load(): void {
    const before = this.#scene;
    const mine = before?.named(this.#inputs) ?? {};
    const focused = before?.stage.focused();
    const focus = focused === undefined ? undefined : before!.name(focused);
    before?.orientation.stop();
    this.#way.leave();
    const scene = (this.#scene = this.#read());
    if (!scene) return;
    const { graph, folding, inputs: recorded } = scene;
    const names = graph.inputs.map((node) => scene.name(node));
    const told = this.#told();
    // A late answer must not undo what a person did since the question.
    const isLate =
      this.#messenger.isAhead("inputs") || this.#count("answered") < this.#count("asked");
    const order = isLate ? [mine, told] : [told, mine];
    this.#inputs = names.map((name, i) => order[0]![name] ?? order[1]![name] ?? recorded[i]!);
    const ranges = (this.model.get("ranges") ?? {}) as Record<string, Range>;
    const labels = graph.inputs.map((node) => scene.label(node));
    this.#panel.build(names, labels, names.map((name) => ranges[name] ?? UNKNOWN_RANGE), this.#initial());
    const wrt = (this.model.get("wrt") ?? []) as readonly string[];
    this.#question.build(graph, wrt.length ? names.filter((name) => wrt.includes(name)) : names);
    this.#target = graph.output;
    this.#litPath = -1;
    Object.values(this.#takes).forEach((take) => take());
    this.#source = this.#unanswered[0] ?? this.#source;
    const isLarge = folding !== null || graph.nodes.filter((node) => node.drawn).length > MANY;
    this.root.classList.toggle("cgx-large", isLarge);
    this.#way.tools.root.hidden = !isLarge;
    if (!before) this.root.replaceChildren(...this.#parts);
    this.#set();
    const opened = this.#count("opened");
    if (opened !== 0 && folding?.has(opened)) this.#way.open(opened);
    if (focus !== undefined) scene.stage.focus(scene.find(focus));
  }

  /** Put the picture on the stage. */
  #set(): void {
    const { stage, orientation, folding, opened } = this.#scene!;
    this.#stepper.turned();
    this.#lab.hide();
    this.#host.replaceChildren(stage.svg);
    this.root.classList.toggle("cgx-long", stage.isLong);
    this.#zoom.attach(stage.svg);
    walk(stage.svg);
    this.#way.tools.at(folding, opened);
    this.#paint();
    this.#draw();
    orientation.watch(this.#host, () => {
      stage.turned();
      this.#stepper.turned();
      this.#lab.hide();
      this.#draw();
    });
  }

  /** The graph and the picture that Python sent; null, and a message in their place, if malformed. */
  #read(): Scene | null {
    try {
      const scene = new Scene(this.model.get("document"), String(this.model.get("svg")), {
        picked: (node, reverse) => this.#pick(node, reverse),
        entered: (part) => this.#way.open(part, true),
      });
      this.#way.enter(scene, this.model, this.#messenger);
      return scene;
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      const text = `This graph can't be shown: ${error.message}.`;
      this.root.replaceChildren(element("p", { class: "cgx-message", role: "alert" }, text));
      return null;
    }
  }

  // --- What a person does --------------------------------------------------------------------------

  #move(inputs: readonly number[]): void {
    this.#inputs = inputs;
    this.#isDismissed = true;
    this.#write();
    // The rest can wait for the frame: nobody sees it before.
    this.#finishing ||= requestAnimationFrame(() => this.#finish());
    this.#settle();
    const known = Object.entries({ ...this.#told(), ...this.#scene!.named(inputs) });
    this.#messenger.send("inputs", Object.fromEntries(known.map(([name, x]) => [name, toJson(x)])));
    this.#messenger.send("asked", this.#count("asked") + 1);
  }

  #moveOne(index: number, value: number): void {
    this.#move(this.#inputs.map((x, i) => (i === index ? value : x)));
  }

  /** Click or Enter on a node: an input becomes the source, any other the target; Shift reverses. */
  #pick(node: number, reverse: boolean): void {
    if (this.#isAsked) return;
    const isInput = this.#scene!.graph.nodes[node]!.op === null;
    if (isInput !== reverse) this.#choose(node, this.#target);
    else this.#choose(this.#source, node);
  }

  #choose(source: number | null, target: number): void {
    const before = this.#seed();
    const isOther = target !== this.#target;
    this.#source = source;
    this.#target = target;
    // Another pass starts at its start.
    if (isOther || this.#seed() !== before) this.#rewind();
    this.#chosenPath = this.#litPath = -1;
    this.#draw();
    this.#settle();
    this.#messenger.send("source", source === null ? "" : this.#scene!.name(source));
    this.#messenger.send("target", this.#scene!.name(target));
    this.#messenger.send("selected_path", -1);
  }

  #choosePath(path: number): void {
    this.#chosenPath = path;
    this.#highlight();
    this.#messenger.send("selected_path", path);
  }

  #turn(view: View): void {
    if (view === this.#view) return;
    this.#view = view;
    this.#rewind();
    this.#draw();
    this.#settle();
    this.#messenger.send("mode", view);
  }

  #use(engine: Engine): void {
    this.#engine = engine;
    this.#draw();
    this.#settle();
    this.#messenger.send("engine", engine);
  }

  #goTo(step: number): void {
    this.#stepNumber = step;
    this.#draw();
    this.#settle();
    this.#messenger.send("step", step);
  }

  #rewind(): void {
    this.#stepper.pause();
    if (this.#stepNumber === 0) return;
    this.#stepNumber = 0;
    this.#messenger.send("step", 0);
  }

  #answer(text: string): void {
    const answered = this.#quiz.answer(text, this.#scene!, this.#source!, this.#target);
    this.#predict();
    if (!answered.is_right) return;
    const [next] = this.#unanswered;
    if (next !== undefined) this.#choose(next, this.#target);
    // The panel is gone; the focus goes on to what came in its place.
    else this.#question.focus();
    this.#report.say(told(verdictAt(answered, answered.inputs!)!));
  }

  /** Enough guessed: the paths are wanted. */
  #show(): void {
    this.#quiz.giveUp(this.#scene!);
    this.#predict();
    this.#question.focus();
  }

  #predict(): void {
    this.#draw();
    this.#messenger.send("prediction", this.#quiz.answers);
  }

  #light(path: number): void {
    this.#litPath = path;
    this.#highlight();
  }

  #key(event: KeyboardEvent): void {
    // Keys stop here: they are not the notebook's.
    event.stopPropagation();
    if (event.key !== "Escape" || this.#source === null || !this.#scene || this.#isAsked) return;
    event.preventDefault();
    this.#choose(null, this.#target);
    // What had the focus may be gone: from the page the next key would be the notebook's.
    if (!this.root.querySelector(":focus")?.checkVisibility()) this.#question.focus();
  }

  // --- What Python does ----------------------------------------------------------------------------

  #hear(): void {
    const scene = this.#scene;
    if (!scene || this.#isReloading) return;
    const before = this.#state();
    if (!this.#messenger.isAhead("inputs")) {
      const told = this.#told();
      this.#inputs = scene.graph.inputs.map((node, i) => told[scene.name(node)] ?? this.#inputs[i]!);
    }
    for (const [trait, take] of Object.entries(this.#takes)) if (!this.#messenger.isAhead(trait)) take();
    this.#source = this.#unanswered[0] ?? this.#source;
    // The model calls back for what this view has just told it, too.
    if (this.#state() === before) return;
    this.#draw();
    this.#settle();
  }

  #hearOpened(): void {
    const scene = this.#scene;
    const opened = this.#count("opened");
    if (!scene?.folding?.has(opened) || this.#isReloading || this.#messenger.isAhead("opened")) return;
    if (opened !== scene.opened) this.#way.open(opened);
  }

  #state(): string {
    const chosen = [this.#source, this.#target, this.#chosenPath, this.#view, this.#engine];
    const answered = JSON.stringify(this.#quiz.answers);
    return [...chosen, this.#stepNumber, answered, ...this.#inputs].join(" ");
  }

  #listen(trait: string, callback: () => void): void {
    this.model.on(`change:${trait}`, callback);
    this.#stops.push(() => this.model.off(`change:${trait}`, callback));
  }

  // --- What is shown -------------------------------------------------------------------------------

  #draw(): void {
    this.#write();
    this.#finish();
  }

  /** Everything in numbers. */
  #write(): void {
    const scene = this.#scene;
    if (!scene) return;
    const guard = scene.move(this.#inputs);
    this.#panel.set(this.#inputs);
    this.#modes.set(this.#view);
    const isAsked = this.#isAsked;
    this.root.dataset["mode"] = isAsked ? "predict" : this.#view;
    this.#lab.set(this.#engine);
    this.root.classList.toggle("cgx-buggy", this.#isBuggy);
    this.#question.set(
      this.#source === null ? "" : scene.name(this.#source),
      scene.name(this.#target),
      { paths: "an input", forward: scene.name(this.#seed()), reverse: "every input" }[this.#view],
    );
    this.#question.lock(isAsked);
    scene.stage.show(scene.values, scene.partials);
    this.#remarks = this.#follow(scene);
    if (isAsked) this.#ask(scene);
    else if (this.#view === "paths") this.#account(scene);
    this.root.classList.toggle("cgx-stale", guard !== undefined);
    const said = String(this.model.get("message") ?? "");
    // What was said of a graph that is shown no more does not hold.
    this.#report.show(guard, !guard && this.#isDismissed ? "" : said, scene.named(scene.inputs));
  }

  /** What goes with the numbers: names for each node, and the paths in colour. */
  #finish(): void {
    cancelAnimationFrame(this.#finishing);
    this.#finishing = 0;
    this.#scene?.stage.label(this.#remarks);
    this.#highlight();
  }

  /** Whether a faulty engine is at work. */
  get #isBuggy(): boolean {
    return this.#view === "paths" && this.#engine !== "reverse" && !this.#isAsked;
  }

  /** Show the pass, if there is one. Returns what its slots say of each node. */
  #follow(scene: Scene): string[] {
    const { graph, stage, partials } = scene;
    const target = this.#target;
    const engine = this.#engine;
    // What is to be predicted is not shown by a pass, either.
    const mode = this.#isAsked ? "paths" : this.#view;
    if (mode !== "paths") {
      this.#lab.hide();
      const pass = { graph, mode, seed: this.#seed(), target };
      const remarks = this.#stepper.show(pass, stage, partials, this.#stepNumber);
      const acting = this.#stepper.acting(this.#stepNumber);
      const isElsewhere = acting !== undefined && stage.box(acting) === null;
      this.#way.tools.remark(isElsewhere ? `This step is at ${scene.name(acting)}, outside this part.` : "");
      return remarks;
    }
    this.#stepper.hide();
    stage.progress([], 0);
    this.#way.tools.remark("");
    if (this.#isBuggy && engine !== "reverse") {
      return this.#lab.show({ graph, target, fault: engine }, stage, partials, this.#source);
    }
    this.#lab.hide();
    return [];
  }

  /** Where a pass starts: in forward mode at the source, or else at the first input. */
  #seed(): number {
    if (this.#view === "reverse" || !this.#scene) return this.#target;
    return this.#source ?? this.#scene.graph.inputs[0] ?? this.#target;
  }

  /** The inputs whose derivatives are still to be predicted. */
  get #unanswered(): number[] {
    return this.#scene ? this.#quiz.open(this.#scene) : [];
  }

  /** Whether the derivative is hidden, because it is to be predicted. */
  get #isAsked(): boolean {
    return this.#unanswered.length > 0;
  }

  #ask(scene: Scene): void {
    const { graph, stage, partials, inputs } = scene;
    const source = this.#source!;
    const target = this.#target;
    const open = this.#unanswered;
    const verdict = this.#quiz.verdict(scene, source);
    // On one edge from an input to the target its derivative would be written.
    for (const asked of open) {
      const { count, paths } = pathSum(graph, partials, asked, target, 2);
      if (count === 1n && paths[0]!.edges.length === 1) stage.conceal(paths[0]!.edges[0]!);
      stage.concealBetween(asked, target);
    }
    this.#paths = verdict?.path.length ? [{ edges: verdict.path, factors: [], product: 1 }] : [];
    this.#prediction.show({
      source: scene.label(source),
      target: scene.label(target),
      at: graph.inputs.map((node, i) => [scene.label(node), inputs[i]!]),
      verdict,
      found: this.#quiz.wrt.length - open.length,
      all: this.#quiz.wrt.length,
    });
  }

  #account(scene: Scene): void {
    const { graph, partials } = scene;
    const source = this.#source;
    const target = this.#target;
    const to = mathName(scene.label(target));
    this.#paths = [];
    if (source === null) {
      if (this.#isBuggy) this.#ledger.put(...this.#lab.inputs(this.#chips()));
      else this.#ledger.say(...this.#invitation(to));
      this.#curve.say("With an input chosen, ", to.cloneNode(true), " is drawn against it here.");
      return;
    }
    const sum = pathSum(graph, partials, source, target, LISTED);
    if (!this.#isBuggy) {
      const range = (input: number) => this.#panel.range(input);
      this.#curve.show(plot(scene, source, target, sum.total, range));
    }
    if (source === target || sum.count === 0n) {
      const found = this.#isBuggy ? [this.#lab.trivial(source)] : [];
      this.#ledger.say(...whyTrivial(graph, source, target), ...found);
      return;
    }
    this.#paths = sum.paths;
    this.#ledger.show({
      source: scene.label(source),
      target: scene.label(target),
      sum,
      routes: routes(scene, source, sum),
      why: why(scene, sum),
      verdict: this.#isBuggy ? this.#lab.verdict(source, sum) : null,
    });
  }

  #invitation(target: HTMLElement): (Node | string)[] {
    const chips = [...this.#chips().values()].slice(0, MOST_CHIPS);
    const others = this.#question.inputs.length > chips.length ? [", or another from the menu,"] : [];
    return chips.length
      ? ["Choose an input ", ...chips, ...others, " to see its paths to ", target, "."]
      : ["This graph has no input."];
  }

  /** The inputs that are offered as sources. */
  #offered(): number[] {
    return this.#question.inputs.map((name) => this.#scene!.find(name)!);
  }

  /** For each input that is offered a button to choose it by. */
  #chips(): Map<number, HTMLElement> {
    return new Map(
      this.#offered().map((node) => {
        const label = mathName(this.#scene!.label(node));
        const chip = keepKeys(element("button", { type: "button", class: "cgx-chip" }, label));
        chip.addEventListener("click", () => {
          this.#choose(node, this.#target);
          // The chip is gone; the focus goes where the choice now stands.
          this.#question.focus();
        });
        return [node, chip];
      }),
    );
  }

  #highlight(): void {
    const lit = this.#litPath >= 0 ? this.#litPath : this.#chosenPath;
    const isPaths = this.#view === "paths";
    const paths = isPaths ? this.#paths.map((path) => path.edges) : [];
    this.#scene?.stage.select({
      source: this.#view === "forward" ? this.#seed() : this.#source,
      target: this.#target,
      paths: this.#lab.kept(paths),
      lit,
    });
    this.#lab.mark(this.#source, paths, lit);
    this.#ledger.mark(lit, this.#chosenPath);
  }

  /** Announce the outcome once things have come to rest. */
  #settle(): void {
    this.#live.settle(() => {
      this.#twin.settle();
      return this.#outcome();
    });
  }

  #outcome(): string {
    const scene = this.#scene;
    const source = this.#source;
    if (!scene || this.#isAsked || this.root.classList.contains("cgx-stale")) return "";
    if (this.#view !== "paths") return this.#stepper.said;
    const told = outcome(scene, source, this.#target);
    return this.#isBuggy ? `${told}; ${this.#lab.said(source, this.#offered())}` : told;
  }

  #paint(): void {
    const theme = resolveTheme(this.model.get("theme"));
    this.root.dataset["theme"] = theme;
    this.#scene?.stage.paint(theme);
  }

  // --- Names and numbers ---------------------------------------------------------------------------

  #told(trait = "inputs"): Record<string, number> {
    const told: Record<string, number> = {};
    for (const [name, json] of Object.entries(this.model.get(trait) ?? {})) {
      const value = fromJson(json);
      if (value !== undefined) told[name] = value;
    }
    return told;
  }

  /** What "Reset" goes back to. */
  #initial(): number[] {
    const initial = this.#told("initial");
    const scene = this.#scene!;
    return scene.graph.inputs.map((node) => initial[scene.name(node)] ?? scene.graph.nodes[node]!.value);
  }

  #count(trait: string, otherwise = 0): number {
    return Number(this.model.get(trait) ?? otherwise);
  }
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const explorer = new Explorer(model, el);
  return () => explorer.dispose();
}

openPage("explorer", render);

export default { render };
