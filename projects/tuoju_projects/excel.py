"""The list of projects (项目目录) as a sheet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import model_validator

from tuoju_projects.cells import day, fen, one_of, several_of, whole_number, yes_or_no
from tuoju_projects.inputs import ProjectInput
from tuoju_projects.sheets import Column, Lines, Preview, Reader, Sheet, as_text

RULE_COLUMNS = ("min_age", "max_age", "sex")
"""Columns that are eligibility rules of the same name."""
SEXES = {"男": "male", "女": "female"}
Codes = Callable[[str], str | None]
"""The code of a word or code as typed; None if there is none."""


class ProjectRow(ProjectInput):
    """A project as one row: its age limits and its sex are columns, which become rules."""

    @model_validator(mode="before")
    @classmethod
    def _rules_from_columns(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        rest = {name: value for name, value in values.items() if name not in RULE_COLUMNS}
        rules = {name: [str(values[name])] for name in RULE_COLUMNS if name in values}
        return {**rest, "rules": {**rest.get("rules", {}), **rules}}


@dataclass(frozen=True)
class Lookups:
    """How words become codes. Passed in, since regions and code lists live above this workshop."""

    organization: Callable[[str], int | None]
    """The id of an organization by its name."""
    category: Codes
    group: Codes
    area: Codes


def _organization(lookups: Lookups) -> Callable[[Any, str], int]:
    def read(_cell: Any, typed: str) -> int:
        organization_id = lookups.organization(typed)
        if organization_id is None:
            raise ValueError("unknown_organization", typed)
        return organization_id

    return read


def project_sheet(lookups: Lookups, lists: Mapping[str, Sequence[str]] = {}) -> Sheet[ProjectRow]:
    """The sheet of projects; `lists` are the words offered in the cells of a column, by the column's name."""
    first = {name: words[0] for name, words in lists.items() if words}

    def column(name: str, chinese: str, english: str, read: Reader, example: Any = "", **options: Any) -> Column:
        example = first.get(name, example)
        return Column(name, (chinese, english), read, offered=lists.get(name, ()), example=example, **options)

    columns = [
        column("name", "项目名称", "Project", as_text, "关爱困难老人", required=True, width=26),
        column(
            "organization_id",
            "承接组织",
            "Organization",
            _organization(lookups),
            required=True,
            width=26,
            also=("承接单位", "实施单位"),
        ),
        column(
            "description",
            "服务内容",
            "Description",
            as_text,
            "为困难老年人上门做饭、洗衣、保洁",
            required=True,
            width=26,
        ),
        column("categories", "服务类别", "Services", several_of(lookups.category), required=True, many=True),
        column("target_groups", "服务人群", "Target groups", several_of(lookups.group), many=True, also=("服务对象",)),
        column("areas", "服务区域", "Areas", several_of(lookups.area), required=True, many=True),
        column("home_visits", "上门服务", "Home visits", yes_or_no),
        column("starts_on", "开始日期", "Starts on", day, "2026-01-01", required=True),
        column("ends_on", "结束日期", "Ends on", day, "2026-12-31", required=True),
        column("places_total", "名额", "Places", whole_number, 20, required=True),
        column("target_person_times", "目标人次", "Target person-times", whole_number, 480),
        column("budget_fen", "预算（元）", "Budget (yuan)", fen, 50000, also=("资金", "项目资金", "预算金额")),
        column("min_age", "年龄不小于", "Minimum age", whole_number, 60),
        column("max_age", "年龄不大于", "Maximum age", whole_number),
        column("sex", "性别要求", "Sex", one_of(SEXES)),
    ]
    return Sheet("项目", columns, ProjectRow, lambda row: (row.organization_id, row.name), {"period": "ends_on"})


def read_projects(sheets: Sequence[Lines], lookups: Lookups) -> Preview[ProjectRow]:
    """Read the cells of a sheet of projects. Raises SheetError for what is no such sheet or has too many rows."""
    return project_sheet(lookups).read(sheets)
