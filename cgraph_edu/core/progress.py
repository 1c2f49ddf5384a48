"""A progress bar for what takes a while."""

from __future__ import annotations

from typing import Any


def progress_bar(total: int | None, unit: str = "step", is_shown: bool = True) -> Any:
    """A bar of tqdm's, which appears once a second has gone by.

    Whether it appears, and what it says, is a matter of time. In a notebook it is therefore shown
    as a widget with no text beside it: nbval compares texts, and a lesson must give the same twice.
    """
    from tqdm.auto import tqdm

    # Where it is wanted, TQDM_DISABLE and its like still have their say.
    hidden = {} if is_shown else {"disable": True}
    bar = tqdm(total=total, delay=1, unit=unit, **hidden)
    if hasattr(bar, "container"):  # in a notebook
        widget = bar.container

        def show_alone() -> None:
            from IPython.display import display

            view = "application/vnd.jupyter.widget-view+json"
            display({view: widget._repr_mimebundle_()[view]}, raw=True)

        widget._ipython_display_ = show_alone
    return bar
