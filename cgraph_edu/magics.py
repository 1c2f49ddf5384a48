"""The `%%cgraph` and `%cgraph` magics: a thin shell over `cell`, `graph` and the widget."""

from __future__ import annotations

from dataclasses import replace
from keyword import iskeyword
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.core.magic_arguments import (
    argument,
    magic_arguments,
    parse_argstring,
)
from IPython.display import display

from .cell import Cell, Run
from .core.tensor import Tensor, node_of
from .errors import hide_frames, own_frames_alone, show_frames
from .graphs.answers import TOLERANCE
from .graphs.build import NoGraphError, graph
from .graphs.graph import FAULTY, Graph, door
from .notations import NOTATIONS, Telling, shown, tell
from .render.picture import bundle, is_explored
from .render.text import LIMIT
from .rewriting import CALL, route
from .widget.setup import PLAIN, Setup


class CellSyntaxError(Exception):
    """A learner's syntax error.

    Not a SyntaxError to IPython, which would list the frames of its own machinery with it.
    """


CellSyntaxError.__name__ = CellSyntaxError.__qualname__ = "SyntaxError"


@magics_class
class CGraphMagics(Magics):
    """The magics that `%load_ext cgraph_edu` brings."""

    shell: InteractiveShell

    @magic_arguments()
    @argument("name", nargs="?", default="graph", help="the name of the Graph afterwards")
    @argument("--output", metavar="VAR", help="draw VAR, not the last name assigned")
    @argument("--wrt", metavar="VARS", help="the inputs to differentiate by, a,b; all unless given")
    @argument(
        "--slider",
        metavar="RANGE",
        nargs="+",
        action="extend",
        default=[],
        help="the range and step of a slider: a=-3:3:0.1 (the step may be left out)",
    )
    @argument(
        "--page",
        action="store_true",
        help="show the explorer as a page inside the output: it moves in a saved notebook, too",
    )
    @argument(
        "--predict",
        metavar="VARS",
        help="hide the derivatives by these inputs until they have been predicted",
    )
    @argument(
        "--tolerance",
        metavar="PART",
        type=float,
        default=TOLERANCE,
        help="how far off a prediction may be, as a part of the derivative's size",
    )
    @argument(
        "--mode",
        choices=("forward", "reverse"),
        help="start at the first step of that mode, not with the paths",
    )
    @argument(
        "--engine",
        choices=("reverse", *FAULTY),
        default="reverse",
        help="show what this engine finds; all but reverse are wrong on purpose",
    )
    @argument(
        "--dialect",
        choices=(*NOTATIONS, "all"),
        help="show the formula in this notation too, or in all of them, with what it prints",
    )
    @argument("--static", action="store_true", help="keep the graph as recorded: never run again")
    @argument(
        "--limit", metavar="N", type=int, default=LIMIT, help="list at most N paths for an input"
    )
    @line_cell_magic
    def cgraph(self, line: str, cell: str | None = None) -> None:
        """Draw the computational graph of the cell, with sliders, paths and gradients.

        The cell is ordinary Python. A name that is given a plain number is an input; the last name
        that is assigned is the output. `%cgraph EXPR` draws a value that exists already.

        A cell may also be written for PyTorch or TensorFlow, with `from cgraph_edu.dialects import
        torch` in it or before. There a tensor that requires a gradient, a Variable or a watched
        tensor is an input, and plain numbers stay plain: it prints what it prints in PyTorch.

        `--dialect torch` writes a cell of plain Python in PyTorch's notation, runs that too, and
        draws its graph, with what PyTorch notes of each node; `--dialect all` shows the formula in
        all notations, each with what it prints. Not together with `--predict`.

        `--engine overwrite` puts an engine at work that is wrong on purpose: the explorer and its
        still form show what it finds, and which paths it loses. The Graph is as ever.

        `--page` puts the explorer into the output as a page of its own, which needs neither a
        kernel nor a network; there is then no `explorer` to talk to from Python. It moves where
        HTML is trusted: in JupyterLab and Notebook 7 after the cell has run or the notebook is
        trusted, and in a page made by nbconvert. Where it is not (a notebook opened untrusted,
        GitHub), the picture and the tables show. The page follows the system's light or dark, not
        the notebook's. Each such output adds about 130 KB to the notebook, and holds the version of
        the widget that made it: with a new one, run the notebook again before nbval compares it.
        """
        if cell is None:
            self._explore(line)
            return
        options = _options(type(self).cgraph, line)
        sliders = dict(_slider(text) for text in options.slider)
        # IPython drops leading blank lines; the learner's editor counts them.
        blank = len(cell) - len(cell.lstrip("\n"))
        body = "\n" * blank + self.shell.transform_cell(cell)
        self.shell.user_ns.setdefault(CALL, route)
        try:
            parsed = Cell(f"%%cgraph {line}\n{body}")
        except SyntaxError as error:
            raise self._as_shown(error) from None
        except OverflowError as error:
            raise UsageError(str(error)) from None
        run = parsed.run(self.shell.user_ns)
        if run.error is not None:
            self._show_partial(run, options.name)
            raise self._as_shown(run.error)
        if options.name in run.names:
            raise UsageError(
                f"the cell gives the name {options.name!r} to a value, and the Graph wants it too: "
                f"write %%cgraph NAME, with another name for the Graph"
            )
        try:
            drawn = run.graph(options.output)
            wrt = _names("--wrt", options.wrt, drawn)
            predict = _names("--predict", options.predict, drawn)
        except NoGraphError as error:
            raise UsageError(str(error)) from None
        tellings = self._told(options, run, drawn, wrt)
        if options.dialect != "native" and len(tellings) == 1:
            drawn = tellings[0].graph or drawn
        if options.static:
            drawn = replace(drawn, retrace=None)
        self.shell.user_ns[options.name] = drawn
        if run.result is not None:
            self._show_result(run.result, drawn)
        mode, engine = options.mode or "paths", options.engine
        setup = Setup(sliders, wrt, predict, options.tolerance, mode, engine)
        self._show(drawn, setup, options.limit, options.page)
        if tellings:
            display(shown(tellings), raw=True)

    def _told(self, options: Any, run: Run, drawn: Graph, wrt: list[str]) -> list[Telling]:
        """The formula in the notations that are asked for; none for what is in that one already."""
        if options.dialect is None:
            return []
        if options.predict:
            raise UsageError(
                "--predict hides derivatives and --dialect prints them: use one of the two"
            )
        spoken = run.dialects
        if spoken:
            if options.dialect in spoken:
                return []
            raise UsageError(
                f"--dialect {options.dialect}: this cell is in a dialect's notation already "
                f"({', '.join(sorted(spoken))}); --dialect writes plain Python anew, a = 2.0"
            )
        names = list(NOTATIONS) if options.dialect == "all" else [options.dialect]
        return [tell(run, drawn, name, options.output, wrt) for name in names]

    def _explore(self, line: str) -> None:
        if not line.strip():
            raise UsageError("%cgraph EXPR: give it something to draw, such as %cgraph e")
        try:
            value = self.shell.ev(line)
        except Exception as error:
            raise UsageError(f"%cgraph {line}: {type(error).__name__}: {error}") from None
        if not isinstance(value, Graph):
            names = {n: v for n, v in self.shell.user_ns.items() if not n.startswith("_")}
            try:
                if node_of(value) is not None:
                    value = graph(value, names=names)
                else:
                    value = door("bridges.cells").graph_of(value, names) or value
            except NoGraphError as error:
                raise UsageError(f"%cgraph {line}: {error}") from None
        if not isinstance(value, Graph):
            raise UsageError(
                f"%cgraph {line}: {type(value).__name__} has no graph; "
                "it draws a Tensor or a Graph that a %%cgraph cell or cg.variables made"
            )
        self._show(value, PLAIN, LIMIT, False)

    def _show(self, drawn: Graph, setup: Setup, limit: int, as_page: bool) -> None:
        try:
            data = bundle(drawn, limit, setup.told, setup.engine)
            moves = is_explored(drawn)
            needy = (
                "--predict" if setup.predict else "--engine" if setup.engine != "reverse" else ""
            )
            if needy and not (moves and drawn.is_live):
                raise ValueError(f"{needy} needs the explorer of numbers: this graph has none")
            if moves and as_page:
                from .widget.page import framed

                data["text/html"] = framed(drawn, setup, limit)
            elif moves:
                from .widget.either import explorer

                shown = self.shell.user_ns["explorer"] = explorer(drawn, setup)
                data = {**shown.view(), **data}
        except ValueError as error:  # a slider for no input; an output of several numbers
            raise UsageError(str(error)) from None
        display(data, raw=True)

    def _show_result(self, result: Any, drawn: Graph) -> None:
        # The output itself is shown by its graph.
        if not isinstance(result, Tensor) or result.name not in (None, drawn.output.name):
            self.shell.displayhook(result)

    def _show_partial(self, run: Run, name: str) -> None:
        partial = run.partial_graph()
        if partial is None:
            return
        self.shell.user_ns[name] = partial
        try:
            data = bundle(partial)
        except ValueError:
            return  # no gradient of several numbers; the learner's own error comes next
        heading = "as far as the cell got:"
        data["text/plain"] = f"{heading}\n{data['text/plain']}"
        data["text/html"] = f"<p>{heading}</p>{data['text/html']}"
        display(data, raw=True)

    def _as_shown(self, error: BaseException) -> BaseException:
        """The error, to be raised: IPython will show it with the learner's own lines only."""
        if isinstance(error, SyntaxError):
            lines = self.shell.SyntaxTB.structured_traceback(SyntaxError, error, None)
            error = CellSyntaxError(str(error))
        else:
            with own_frames_alone(error):
                lines = self.shell.InteractiveTB.structured_traceback(
                    type(error), error, error.__traceback__, tb_offset=0
                )
        # Past __setattr__: an error may be a frozen dataclass.
        object.__setattr__(error, "_render_traceback_", lambda: lines)
        return error


def _options(magic: Any, line: str) -> Any:
    try:
        options = parse_argstring(magic, line)
    except (UsageError, ValueError) as error:  # ValueError: a quotation mark left open
        known = " ".join(
            option for action in magic.parser._actions for option in action.option_strings
        )
        raise UsageError(f"%%cgraph {line}: {error}. It knows: [NAME] {known}") from None
    if not options.name.isidentifier() or iskeyword(options.name):
        raise UsageError(f"%%cgraph {line}: {options.name!r} can't be the name of a variable")
    if options.engine != "reverse":
        if options.predict:
            raise UsageError("--predict hides derivatives, --engine shows them: use one of the two")
        if options.wrt or options.limit != LIMIT:
            raise UsageError("--engine tells of all inputs and paths: leave --wrt and --limit out")
    if options.limit < 1:
        raise UsageError(f"%%cgraph {line}: --limit must be at least 1")
    return options


def _slider(text: str) -> tuple[str, tuple[float, ...]]:
    name, _, numbers = text.partition("=")
    try:
        ends = tuple(float(number) for number in numbers.split(":"))
        fits = len(ends) in (2, 3) and ends[0] < ends[1] and min(ends[2:], default=1) > 0
    except ValueError:
        fits = False
    if not (name and fits):
        raise UsageError(f"--slider {text}: write it as a=-3:3 or a=-3:3:0.1") from None
    return name, ends


def _names(option: str, text: str | None, drawn: Graph) -> list[str]:
    if text is None:
        return []
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    known = [node.name for node in drawn.inputs]
    for name in names:
        if name not in known:
            raise NoGraphError(f"{option} {name}: not an input; the inputs are: {', '.join(known)}")
    return names


def load(shell: InteractiveShell) -> None:
    """Register the magics; and have errors of plain cells shown with the learner's lines only."""
    shell.register_magics(CGraphMagics)
    hide_frames(shell)


def unload(shell: InteractiveShell) -> None:
    """Undo `load`."""
    for magics in shell.magics_manager.magics.values():
        magics.pop("cgraph", None)
    show_frames(shell)
