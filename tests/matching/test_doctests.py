"""The examples in the matching package's docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import tuoju_matching

MODULES = [found.name for found in pkgutil.walk_packages(tuoju_matching.__path__, "tuoju_matching.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0, "see the captured output"
