/** The explorer of a graph of arrays: what is looked at, asked for and shown. Python evaluates. */

import { Courier, type Wait } from "../courier";
import { DocumentError } from "../document";
import { element, setText } from "../dom";
import { InputsPanel } from "../inputs";
import { Live } from "../live";
import type { Model } from "../model";
import { derivative } from "../names";
import { typeset } from "../numbers";
import { resolveTheme, watchTheme } from "../theme";
import { Trail } from "../trail";
import {
  entryName,
  readArrays,
  toNumber,
  type Answer,
  type ArrayGraph,
  type Entry,
  type Numbers,
  type Request,
} from "./document";
import { entryLabel, NumbersPanel } from "./panel";
import { ArrayStage } from "./stage";

/** One evaluation that takes longer is told. */
const SLOW_SECONDS = 0.5;

export class ArrayExplorer {
  readonly #bar = element("div", { class: "cgx-bar cgx-account" });
  readonly #host = element("div", { class: "cgx-stage" });
  readonly #trail = new Trail((part) => this.#unfold(part));
  readonly #tools = element("div", { class: "cgx-tools" });
  /** Whether a person opened a part: the focus, which was in the picture, then goes to the trail. */
  #hasOpened = false;
  readonly #sign = element("p", { class: "cgx-sign", role: "status" });
  readonly #message = element("p", { class: "cgx-message", role: "status" });
  readonly #inputs: InputsPanel;
  readonly #numbers: NumbersPanel;
  readonly #live = new Live();
  readonly #courier: Courier<Request, Answer>;
  readonly #stops: (() => void)[] = [];

  #graph: ArrayGraph | null = null;
  #stage: ArrayStage | null = null;
  /** The last answer that holds numbers. */
  #answer!: Answer;
  /** What a person wants to see; the answer may be behind it. */
  #wanted!: Request;
  /** What the sliders are for, and what they say. */
  #rows: Answer["rows"] = [];
  #values: readonly number[] = [];
  #wait: Wait = "none";
  /** Why there are no numbers for what is wanted. */
  #refusal = "";
  #isReloading = false;

  constructor(
    private readonly model: Model,
    private readonly root: HTMLElement,
  ) {
    root.classList.add("cgx", "cgx-arrays", "cgx-long");
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "computational graph explorer");
    root.addEventListener("keydown", (event) => this.#key(event));
    this.#inputs = new InputsPanel(
      (index, value) => this.#move(index, value),
      () => this.#ask({ inputs: {} }, this.#rows.map((row) => toNumber(row.initial))),
    );
    this.#numbers = new NumbersPanel(
      model.isAlone
        ? null
        : {
            chosen: (entry) => this.#choose(entry),
            moved: (axis, from) => this.#scroll(axis, from),
          },
    );
    this.#courier = new Courier(
      model,
      (answer, isLast) => this.#take(answer, isLast),
      (wait) => {
        this.#wait = wait;
        this.#report();
      },
    );
    for (const trait of ["document", "svg"]) this.#listen(trait, () => this.#reload());
    this.#listen("theme", () => this.#paint());
    this.#stops.push(watchTheme(() => this.#paint()));
    this.#load();
  }

  dispose(): void {
    this.#courier.stop();
    this.#stage?.stop();
    this.#stops.forEach((stop) => stop());
    this.#live.stop();
    this.root.replaceChildren();
  }

  #listen(trait: string, callback: () => void): void {
    this.model.on(`change:${trait}`, callback);
    this.#stops.push(() => this.model.off(`change:${trait}`, callback));
  }

  /** Document, picture and answer change together: wait until all are there. */
  #reload(): void {
    if (this.#isReloading) return;
    this.#isReloading = true;
    queueMicrotask(() => {
      this.#isReloading = false;
      this.#load();
    });
  }

  #load(): void {
    this.#stage?.stop();
    const document = this.model.get("document");
    try {
      this.#graph = readArrays(document);
      const { downward } = document as { downward?: unknown };
      const svg = String(this.model.get("svg"));
      this.#stage = new ArrayStage(
        svg,
        downward,
        this.#graph,
        (name) => this.#open(name),
        (part) => this.#unfold(part),
      );
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      const text = `This graph can't be shown: ${error.message}.`;
      this.root.replaceChildren(element("p", { class: "cgx-message", role: "alert" }, text));
      return;
    }
    this.#host.replaceChildren(this.#stage.svg);
    const { trail, part, hasFlat } = this.#graph;
    this.#tools.hidden = !trail.length;
    this.#trail.at(trail, part, hasFlat);
    if (this.#hasOpened) this.#trail.focus();
    this.#hasOpened = false;
    // What is there keeps its focus.
    if (this.#bar.parentNode !== this.root) this.#furnish();
    this.#paint();
    const answer = this.model.get("answer") as Answer;
    this.#take(answer, !this.#courier.isWaiting);
    this.#stage.watch(this.#host);
  }

  #furnish(): void {
    const inputs = this.model.isAlone
      ? element("p", { class: "cgx-inputs cgx-title" }, "To move an entry, Python is needed: open the notebook.")
      : this.#inputs.root;
    this.#tools.replaceChildren(this.#trail.root);
    const place = element("div", { class: "cgx-place" }, this.#tools, this.#host, this.#sign);
    const body = element("div", { class: "cgx-body" }, place, this.#message, inputs, this.#numbers.root);
    this.root.replaceChildren(this.#bar, body, this.#live.root);
  }

  // --- What a person does --------------------------------------------------------------------------

  #move(index: number, value: number): void {
    const [name, place] = this.#rows[index]!.entry;
    const { inputs } = this.#wanted;
    const known = inputs[name];
    const others = typeof known === "object" ? known : {};
    const change = place.length ? { ...others, [place.join(",")]: value } : value;
    const values = this.#values.map((x, i) => (i === index ? value : x));
    this.#ask({ inputs: { ...inputs, [name]: change }, followed: [name, place] }, values);
  }

  #open(name: string): void {
    const isOpen = this.#wanted.opened?.[0] === name;
    this.#ask({ opened: isOpen ? null : [name, []] });
  }

  #unfold(part: number): void {
    this.#hasOpened = true;
    this.#ask({ part });
  }

  #scroll(axis: number, from: number): void {
    const [name, at] = this.#wanted.opened!;
    this.#ask({ opened: [name, at.map((i, k) => (k === axis ? from : i))] });
  }

  /** An entry of an input is followed, any other becomes the target. */
  #choose(entry: Entry): void {
    const isInput = !this.#graph!.nodes.find(({ name }) => name === entry[0])!.formula;
    this.#ask(isInput ? { followed: entry } : { target: entry });
  }

  #key(event: KeyboardEvent): void {
    // Keys stop here: they are not the notebook's.
    event.stopPropagation();
    const { opened } = this.#wanted ?? {};
    if (event.key !== "Escape" || !opened) return;
    event.preventDefault();
    this.#stage?.focus(opened[0]);
    this.#ask({ opened: null });
  }

  #ask(change: Partial<Request>, values = this.#values): void {
    this.#wanted = { ...this.#wanted, ...change };
    this.#values = values;
    this.#inputs.set(values);
    if (this.model.isAlone) this.#draw();
    else this.#courier.ask(this.#wanted);
  }

  // --- What Python answers -------------------------------------------------------------------------

  #take(answer: Answer, isLast: boolean): void {
    if (this.#isReloading) return;
    this.#refusal = answer.message;
    // An answer about another graph, whose picture is not there yet.
    if (answer.nodes.length !== this.#graph?.nodes.length) return;
    this.#answer = answer;
    // Where Python has only older numbers, the sliders stay where a person put them.
    if (isLast && !(this.#refusal && this.#rows.length)) {
      const opened: Entry | null = answer.numbers && [answer.numbers.node, answer.numbers.at];
      const { inputs, target, followed } = answer;
      this.#wanted = { inputs, target, followed, opened, part: this.#graph.part };
      this.#sliders(answer.rows);
      this.#settle();
    }
    this.#draw();
  }

  /** A slider for each row of the answer; a focus whose slider is gone goes to the first. */
  #sliders(rows: Answer["rows"]): void {
    this.#rows = rows;
    this.#values = rows.map((row) => toNumber(row.value));
    const hadFocus = this.#inputs.root.matches(":focus-within");
    this.#inputs.build(
      rows.map(({ name }) => name),
      rows.map(({ entry }) => entryLabel(this.#graph!, entry)),
      rows.map(({ range }) => range),
      rows.map(({ initial }) => toNumber(initial)),
    );
    this.#inputs.set(this.#values);
    if (hadFocus && !this.#inputs.root.matches(":focus-within")) this.#inputs.root.querySelector("input")?.focus();
  }

  // --- What is shown -------------------------------------------------------------------------------

  #draw(): void {
    const answer = this.#answer;
    const graph = this.#graph!;
    this.#stage!.show({ ...answer, opened: this.#wanted.opened });
    const numbers = this.#shown();
    const place = numbers ? graph.nodes.findIndex(({ name }) => name === numbers.node) : -1;
    const { target, followed } = answer;
    if (numbers) this.#numbers.show(graph, { numbers, summary: answer.nodes[place]!, target, followed });
    else this.#numbers.hide();
    this.#account();
    this.#report();
  }

  #shown(): Numbers | null {
    const name = this.#wanted.opened?.[0];
    if (!this.model.isAlone) return name ? this.#answer.numbers : null;
    const saved = (this.model.get("saved") ?? {}) as Record<string, Numbers>;
    return name ? (saved[name] ?? null) : null;
  }

  /** The derivative by the entry that is followed, beside its witness. */
  #account(): void {
    const graph = this.#graph!;
    const { target, followed, derivative: found } = this.#answer;
    if (!followed || !found) {
      this.#bar.replaceChildren("Choose an input, and an entry of it to follow.");
      return;
    }
    const { value, difference, agrees, note } = found;
    const mark = agrees === null ? "" : agrees ? " ✓ agrees" : " ✗ differs";
    const witness =
      difference === null ? note : `${typeset(toNumber(difference))}${mark}`;
    const check = element("span", { class: "cgx-witness" }, `finite difference: ${witness}`);
    check.classList.toggle("cgx-differs", agrees === false);
    const slope = element("strong", {}, typeset(toNumber(value)));
    const fraction = derivative(entryLabel(graph, target), entryLabel(graph, followed));
    this.#bar.replaceChildren(fraction, " = ", slope, check);
  }

  /** Whether what is shown is what was asked for, and if not, why. */
  #report(): void {
    const isStale = this.#wait === "computing" || this.#wait === "gone" || this.#refusal !== "";
    this.root.classList.toggle("cgx-stale", isStale);
    this.root.setAttribute("aria-busy", String(this.#wait !== "none"));
    setText(this.#sign, this.#wait === "computing" ? "computing… the numbers are not current" : "");
    const texts = [];
    if (this.#wait === "gone") {
      texts.push(`Python has not answered: is the kernel running? The numbers are not current, but those ${this.#answer.where}.`);
    } else if (this.#refusal) {
      texts.push(`${this.#refusal} The numbers are those ${this.#answer.where}.`);
    } else if (this.#answer?.seconds > SLOW_SECONDS) {
      texts.push(`These arrays are large: one answer takes ${typeset(this.#answer.seconds, 2)} s.`);
    }
    setText(this.#message, texts.join(" "));
    this.#message.hidden = !texts.length;
  }

  #settle(): void {
    this.#live.settle(() => {
      const { target, followed, derivative: found } = this.#answer;
      if (!followed || !found || this.#wait !== "none" || this.#refusal) return null;
      return `∂${entryName(target)}/∂${entryName(followed)} = ${typeset(toNumber(found.value))}`;
    });
  }

  #paint(): void {
    const theme = resolveTheme(this.model.get("theme"));
    this.root.dataset["theme"] = theme;
    this.#stage?.paint(theme);
  }
}
