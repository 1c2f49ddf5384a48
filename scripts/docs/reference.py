"""The parts of the reference that are filled in from the code.

A page asks for them with a line of its own:

::: cg.grad            a public name, from its docstring
::: cg.distributed.run the same, of a package within
::: cg.Path: product   a class, with these of its methods and properties
::: ops                the elementwise functions, from the op table
::: %%cgraph           the options of the cell
::: cgraph-edu         the commands
"""

import json
import re
from collections.abc import Iterator
from html import escape
from inspect import cleandoc

import click

from cgraph_edu.core import functions
from cgraph_edu.core.expressions import write
from cgraph_edu.core.ops import OPS
from scripts.docs.links import ROOT

_NAME = re.compile(r"^::: cg\.([\w.]+)(?:: (.*))?$", re.M)


def public_names(package: str = "cgraph_edu") -> dict[str, str]:
    """Each public name of a package, and the module that it is from, relative to it."""
    stub = ROOT / package.replace(".", "/") / "__init__.pyi"
    found = re.findall(r"^from (\.[\w.]*) import (\w+) as \2$", stub.read_text("utf-8"), re.M)
    return {name: module for module, name in found}


def elementwise() -> list[str]:
    """The public names that are rows of the op table."""
    return [n for n, module in public_names().items() if module == ".core.functions" and n in OPS]


def filled(markdown: str) -> str:
    """A page's text with what it asks for."""
    parts = {"ops": ops, "%%cgraph": cell, "cgraph-edu": commands}
    for asked, make in parts.items():
        line = f"\n::: {asked}\n"
        if line in markdown:
            markdown = markdown.replace(line, f"\n{make()}\n")
    return _NAME.sub(_described, markdown)


def _described(asked: re.Match[str]) -> str:
    name, members = asked[1], (asked[2] or "").split()
    path = f"cgraph_edu.{name}"
    package, _, own = path.rpartition(".")
    module = public_names(package)[own]
    if (ROOT / f"{package}{module}.{own}".replace(".", "/")).with_suffix(".py").is_file():
        # To a reader of the sources the module of this name hides what is meant.
        path = f"{package}{module}.{own}.{own}"
    options = {"heading": f"cg.{name}", "toc_label": own, "members": members}
    lines = [f"      {option}: {json.dumps(value)}" for option, value in options.items()]
    anchor = "" if path == f"cgraph_edu.{name}" else f'<span id="cgraph_edu.{name}"></span>\n\n'
    return anchor + "\n".join([f"::: {path}", "    options:", *lines])


def ops() -> str:
    """The op table: what each function computes, and its local partials."""
    parts: list[str] = []
    for name in elementwise():
        op = OPS[name]
        call = f"{name}({', '.join(op.operands)})"
        formulas = {"out": op.forward}
        formulas |= {f"∂out/∂{x}": slope for x, slope in zip(op.operands, op.partials, strict=True)}
        rows = "".join(
            f"<tr><td>{of}</td><td><code>{escape(write(formula))}</code></td></tr>"
            for of, formula in formulas.items()
        )
        parts.append(f"## cg.{call} {{ #cgraph_edu.{name} data-toc-label='{name}' }}")
        told = cleandoc(getattr(functions, name).__doc__ or "")
        if not told.startswith(name):  # more than that it is an op
            parts.append(told)
        parts.append(f'<table class="cg-partials">{rows}</table>')
    return "\n\n".join(parts)


def cell() -> str:
    """The options of %%cgraph, as IPython parses them, and what its docstring says of them."""
    from cgraph_edu.magics import CGraphMagics

    parser = CGraphMagics.cgraph.parser
    rows = ["| `%%cgraph ...` | |", "|---|---|"]
    for action in parser._actions:
        if action.option_strings:
            taken = action.metavar or " or ".join(map(str, action.choices or ()))
            written = f"{action.option_strings[-1]} {taken if action.nargs != 0 else ''}".strip()
        else:
            written = action.dest.upper()
        usual = "" if action.default in (None, False, []) else action.default
        told = f" The default is `{usual}`." if usual else ""
        rows.append(f"| `{written}` | {_sentence(action.help)}{told} |")
    return "\n".join(rows)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."


def commands() -> str:
    """Each command with its arguments, as `--help` has them."""
    from cgraph_edu.cli import main

    return "\n\n".join(_commands(main))


def _commands(group: click.Group) -> Iterator[str]:
    context = click.Context(group, info_name="cgraph-edu")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        usage = " ".join([inner.command_path, *command.collect_usage_pieces(inner)])
        yield f"## cgraph-edu {name} {{ #{name} data-toc-label='{name}' }}"
        yield f"    {usage}"
        yield cleandoc(command.help or "")
        records = [r for p in command.params if (r := p.get_help_record(inner))]
        rows = [f"| `{written}` | {told} |" for written, told in records if told]
        if rows:
            yield "\n".join(["| option | |", "|---|---|", *rows])
