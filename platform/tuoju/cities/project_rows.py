"""The projects of a city folder, checked against its divisions and the code lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tuoju.cities.problems import Problem
from tuoju.cities.rows import ProjectRow
from tuoju.cities.tables import Row, read_table
from tuoju.regions.code_lists import code_lists
from tuoju_projects.models import RuleKind


@dataclass(frozen=True)
class ProjectOffer:
    """A project as a city folder states it."""

    row: ProjectRow
    categories: list[str]
    target_groups: list[str]
    areas: list[str]
    rules: list[tuple[RuleKind, list[str]]]
    region_code: str
    """Where its organization is registered."""


def read_offers(path: Path, codes: Mapping[str, object], city: str, problems: list[Problem]) -> list[ProjectOffer]:
    """The projects of a file; an empty area is the whole city. What is wrong is added to `problems`."""
    offers = []
    seen: dict[tuple[str, str], int] = {}
    for row in read_table(path, ProjectRow, problems, may_be_empty=True):
        project = row.value
        first = seen.setdefault((project.organization, project.name), row.line)
        if first != row.line:
            problems.append(Problem(path.name, row.line, "name", "twice", project.name, {"first": first}))
        if project.starts_on and project.ends_on and project.ends_on < project.starts_on:
            problems.append(Problem(path.name, row.line, "ends_on", "policy_period", project.ends_on.isoformat()))
        areas = _split(project.areas) or [city]
        unknown = [area for area in areas if area not in codes]
        problems.extend(Problem(path.name, row.line, "areas", "no_such_region", area) for area in unknown)
        offers.append(
            ProjectOffer(
                row=project,
                categories=_codes(path, row, "categories", ("service_type",), problems),
                target_groups=_codes(path, row, "target_groups", ("vulnerable_tag", "relief_category"), problems),
                areas=areas,
                rules=_rules(path, row, problems),
                region_code=city,
            )
        )
        _codes(path, row, "org_type", ("org_type",), problems)
    return offers


def _split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]


def _codes(path: Path, row: Row[ProjectRow], column: str, lists: Iterable[str], problems: list[Problem]) -> list[str]:
    known = {code for name in lists for code in code_lists()[name]}
    typed = _split(getattr(row.value, column))
    for code in typed:
        if code not in known:
            facts = {"list": "/".join(lists), "expected": ", ".join(sorted(known))}
            problems.append(Problem(path.name, row.line, column, "unknown_code", code, facts))
    return typed


def _rules(path: Path, row: Row[ProjectRow], problems: list[Problem]) -> list[tuple[RuleKind, list[str]]]:
    rules = []
    for typed in (part.strip() for part in row.value.rules.split(";") if part.strip()):
        kind, _equals, values = typed.partition("=")
        if kind not in {known.value for known in RuleKind} or not _split(values):
            problems.append(Problem(path.name, row.line, "rules", "rule", typed))
        else:
            rules.append((RuleKind(kind), _split(values)))
    return rules
