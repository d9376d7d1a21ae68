"""Modules that are imported when they are first used: scipy and scikit-learn take a second and 100 MB."""

from importlib import import_module
from types import ModuleType
from typing import Any


class LazyModule(ModuleType):
    """Stands for a module and imports it at the first use of one of its attributes.

    `importlib.util.LazyLoader` imports the parents of a module at once, and lets threads see a module that is half
    loaded (CPython issue 114763, until 3.11.8).
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def lazy_module(name: str) -> Any:
    """The module of this name, imported at the first use of one of its attributes.

    For type checkers, import it under TYPE_CHECKING and call this otherwise.

    >>> lazy_module("string").digits
    '0123456789'
    """
    return LazyModule(name)
