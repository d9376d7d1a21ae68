"""The list of projects (项目目录) as a sheet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import model_validator

from tuoju_projects.cells import day, fen, one_of, several_of, whole_number, yes_or_no
from tuoju_projects.inputs import ProjectInput
from tuoju_projects.sheets import Column, Preview, Sheet, as_text

LIMITS = ("min_age", "max_age", "sex")
SEXES = {"男": "male", "女": "female"}
Codes = Callable[[str], str | None]
"""A word or code as typed into the code it stands for; None if it stands for none."""


class ProjectRow(ProjectInput):
    """A project as a row tells it: its limits are columns of their own."""

    @model_validator(mode="before")
    @classmethod
    def _limits(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        rest = {name: value for name, value in values.items() if name not in LIMITS}
        limits = {name: [str(values[name])] for name in LIMITS if name in values}
        return {**rest, "rules": {**rest.get("rules", {}), **limits}}


@dataclass(frozen=True)
class Lookups:
    """How words become codes; regions and code lists live above this workshop."""

    organization: Callable[[str], int | None]
    category: Codes
    group: Codes
    area: Codes


def _organization(lookups: Lookups) -> Callable[[Any, str], int]:
    def read(_cell: Any, typed: str) -> int:
        found = lookups.organization(typed)
        if found is None:
            raise ValueError("unknown_organization", typed)
        return found

    return read


def project_sheet(lookups: Lookups, lists: Mapping[str, Sequence[str]] = {}) -> Sheet[ProjectRow]:
    """The sheet; `lists` holds the words offered in the cells of a column."""
    first = {name: words[0] for name, words in lists.items() if words}

    def column(name: str, chinese: str, english: str, read: Any, example: Any = "", **more: Any) -> Column:
        shown = first.get(name, example)
        return Column(name, (chinese, english), read, offered=lists.get(name, ()), example=shown, **more)

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


def read_projects(content: bytes, lookups: Lookups) -> Preview[ProjectRow]:
    """Read a projects sheet. Raises SheetError for a file that is none, or that is too long to be one."""
    return project_sheet(lookups).read(content)
