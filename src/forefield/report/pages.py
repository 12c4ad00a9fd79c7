"""Where every page comes from: one way to fill a template, strict and escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from forefield.version import __version__

if TYPE_CHECKING:
    import jinja2

__all__ = ["filled"]


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("forefield.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def filled(
    template: str,
    filters: Mapping[str, Callable[..., Any]] | None = None,
    tests: Mapping[str, Callable[..., bool]] | None = None,
    **values: Any,
) -> str:
    """The text of a page: a template with its values; a missing one raises.

    filters, tests  the page's own, beside those of Jinja
    """
    environment = _environment().overlay()
    # An overlay shares what it was made from; a page's own filters stay its own.
    environment.filters = {**environment.filters, **(filters or {})}
    environment.tests = {**environment.tests, **(tests or {})}
    return environment.get_template(template).render(version=__version__, **values)
