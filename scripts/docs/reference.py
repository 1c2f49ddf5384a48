"""The parts of the reference that are filled in from the code.

    ::: cg.grad            a public name, from its docstring
    ::: ops                the elementwise functions, from the op table
    ::: %%cgraph           the options of the cell
    ::: cgraph-edu         the commands
"""

import re
from collections.abc import Iterator
from inspect import cleandoc

import click

from cgraph_edu.core.expressions import write
from cgraph_edu.core.ops import OPS
from scripts.docs.links import ROOT

STUB = ROOT / "cgraph_edu" / "__init__.pyi"

_NAME = re.compile(r"^::: cg\.([\w.]+)$", re.M)


def public_names() -> dict[str, str]:
    """Each public name of the package, and the module that it is from."""
    found = re.findall(r"^from (\.[\w.]*) import (\w+) as \2$", STUB.read_text("utf-8"), re.M)
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
    return _NAME.sub(r"::: cgraph_edu.\1\n    options:\n      heading: cg.\1\n      toc_label: \1", markdown)


def ops() -> str:
    """The op table: what each function computes, and its local partials."""
    parts: list[str] = []
    for name in elementwise():
        op = OPS[name]
        call = f"cg.{name}({', '.join(op.operands)})"
        formula = write(op.forward)
        lines = [f"## cg.{name} {{ #cgraph_edu.{name} data-toc-label='{name}' }}"]
        lines += [f"`{call}`", f"<p class='cg-formula'><code>out = {formula}</code></p>"]
        rows = "".join(
            f"<tr><td>∂out/∂{operand}</td><td><code>{write(partial)}</code></td></tr>"
            for operand, partial in zip(op.operands, op.partials, strict=True)
        )
        lines.append(f"<table class='cg-partials'>{rows}</table>".replace("<td>", "<td>"))
        parts.append("\n\n".join(lines))
    return "\n\n".join(parts)


def cell() -> str:
    """The options of %%cgraph, as IPython parses them, and what its docstring says of them."""
    from cgraph_edu.magics import CGraphMagics

    parser = CGraphMagics.cgraph.parser  # type: ignore[attr-defined]
    rows = ["| `%%cgraph ...` | |", "|---|---|"]
    for action in parser._actions:
        if action.option_strings:
            taken = action.metavar or "|".join(action.choices or ())
            written = f"{action.option_strings[-1]} {taken if action.nargs != 0 else ''}".strip()
        else:
            written = action.dest.upper()
        usual = action.default
        told = f" The default is `{usual}`." if usual not in (None, False, [], "==SUPPRESS==") else ""
        rows.append(f"| `{written}` | {_sentence(action.help)}{told} |".replace("|native", "\\|native"))
    text = cleandoc((CGraphMagics.cgraph.__doc__ or "").partition("\n\n")[2]) if False else ""
    return "\n".join(rows) + "\n\n" + text


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
        records = [r for p in command.get_params(inner) if (r := p.get_help_record(inner))]
        rows = [f"| `{written}` | {told} |" for written, told in records]
        yield "\n".join(["| option | |", "|---|---|", *rows])
