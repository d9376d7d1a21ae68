"""The national and the platform's code lists, as data: which codes there are, and their names."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def code_lists() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """{list: {code: (Chinese name, English name)}}; the Chinese name where there is no English one."""
    lists: dict[str, dict[str, tuple[str, str]]] = {}
    path = files("tuoju.regions") / "data" / "code_lists.csv"
    with path.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            names = (row["name_zh"], row["name_en"] or row["name_zh"])
            lists.setdefault(row["list"], {})[row["code"]] = names
    return lists


def has_code(name: str, code: str) -> bool:
    """Whether a list holds a code."""
    return code in code_lists()[name]
