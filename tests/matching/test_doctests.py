"""The examples in the docstrings of the matching package are correct."""

import doctest
import importlib
import pkgutil

import pytest

import tuoju_matching

MODULES = [module.name for module in pkgutil.walk_packages(tuoju_matching.__path__, "tuoju_matching.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_correct(name: str) -> None:
    if name.endswith(".numba_support"):
        pytest.importorskip("numba")
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0, "see the captured output"
