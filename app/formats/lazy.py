"""Functions that are loaded when they are first called: whoever starts a service waits for no writer of files."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def later(module: str, name: str) -> Callable[..., Any]:
    """A function of a module in this folder, which is imported when the function is called."""

    def call(*given: Any, **named: Any) -> Any:
        return getattr(import_module(f"app.formats.{module}"), name)(*given, **named)

    return call
