"""Why no project may take a need: the obstacles of all projects of its service, the nearest one, and what would help.

A worker can correct or complete what is recorded, ask, or wait. A manager can change what a project offers or open
another. Both get their own sentences.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tuoju_matching.eligibility import Obstacle, ObstacleKind, check
from tuoju_matching.explain import Label, code_as_label, obstacle_sentences
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.sentences import Language

_EASIEST_FIRST = (
    ObstacleKind.unknown,
    ObstacleKind.not_started,
    ObstacleKind.no_place,
    ObstacleKind.vulnerability,
    ObstacleKind.disability_type,
    ObstacleKind.disability_grade,
    ObstacleKind.self_care,
    ObstacleKind.relief_category,
    ObstacleKind.no_home_visits,
    ObstacleKind.outside_area,
    ObstacleKind.intake_over,
    ObstacleKind.min_age,
    ObstacleKind.max_age,
    ObstacleKind.not_open,
    ObstacleKind.ended,
    ObstacleKind.sex,
    ObstacleKind.service_not_offered,
)
"""How soon an obstacle can usually be removed; decides between projects with as many obstacles."""


@dataclass(frozen=True)
class WhyNot:
    """Why no project may take a need.

    Attributes
    ----------
    offering : int
        How many projects offer the service.
    counts : mapping of ObstacleKind to int
        How many of these each obstacle keeps away, the most frequent first; empty if none offers the service.
    nearest : ProjectProfile or None
        The project with the fewest obstacles, among equals the one whose obstacles are easiest to remove; None without
        any project.
    obstacles : tuple of Obstacle
        Those of the nearest project, the smallest change that would admit the need.
    """

    offering: int
    counts: Mapping[ObstacleKind, int]
    nearest: ProjectProfile | None
    obstacles: tuple[Obstacle, ...]


def why_not(
    need: NeedProfile, projects: Sequence[ProjectProfile], today: date, refused: frozenset[int] = frozenset()
) -> WhyNot | None:
    """Explain why no project may take the need; None if one may.

    Parameters
    ----------
    refused : frozenset of int
        Ids of projects that are not proposed for this need; they count among those that offer the service.
    """
    offering = [project for project in projects if need.category in project.categories]
    candidates = [project for project in offering or projects if project.id not in refused]
    obstacles = {project.id: check(need, project, today) for project in candidates}
    if offering and not all(obstacles.values()):
        return None
    counts = Counter(kind for failed in obstacles.values() for kind in {obstacle.kind for obstacle in failed})
    nearest = min(candidates, key=lambda project: _effort(project, obstacles[project.id]), default=None)
    return WhyNot(
        offering=len(offering),
        counts=dict(sorted(counts.items(), key=lambda count: (-count[1], count[0]))) if offering else {},
        nearest=nearest,
        obstacles=obstacles[nearest.id] if nearest else (),
    )


def _effort(project: ProjectProfile, obstacles: Sequence[Obstacle]) -> tuple[int, list[int], int]:
    efforts = sorted((_EASIEST_FIRST.index(obstacle.kind) for obstacle in obstacles), reverse=True)
    return len(obstacles), efforts, project.id


def worker_advice(answer: WhyNot, language: Language, label: Label = code_as_label) -> list[str]:
    """What a social worker can do, one sentence each."""
    return _advice(answer, _WORKER[language], language, label)


def manager_advice(answer: WhyNot, language: Language, label: Label = code_as_label) -> list[str]:
    """What a program manager can do, one sentence each."""
    return _advice(answer, _MANAGER[language], language, label)


def _advice(answer: WhyNot, sentences: Mapping[ObstacleKind, str], language: Language, label: Label) -> list[str]:
    if not answer.offering or answer.nearest is None:
        return [sentences[ObstacleKind.service_not_offered]]
    changes = obstacle_sentences(answer.obstacles, language, label)
    advised = dict.fromkeys(
        sentences[obstacle.kind].format(project=answer.nearest.name, change=change)
        for obstacle, change in zip(answer.obstacles, changes, strict=True)
    )
    return list(advised)


_RECORDED_ZH = "核对登记信息；如有遗漏或已变化，更正后再查（{project}：{change}）"
_RECORDED_EN = (
    "Check what is recorded; correct it if it is missing or has changed, and look again ({project}: {change})"
)
_WORKER: Mapping[Language, Mapping[ObstacleKind, str]] = {
    "zh": {
        ObstacleKind.unknown: "补全登记信息（{project}：{change}）",
        ObstacleKind.not_started: "等到开始之日再转介（{project}：{change}）",
        ObstacleKind.no_place: "询问{project}何时有名额空出，或请项目管理者增加名额",
        ObstacleKind.no_home_visits: "询问服务对象能否到服务点，如果能，在需求中取消“上门”（{project}）",
        ObstacleKind.outside_area: "询问{project}能否接收服务范围外的人，或请项目管理者扩大范围",
        ObstacleKind.intake_over: "询问{project}能否再接收一人，或请项目管理者延期",
        ObstacleKind.not_open: "询问{project}何时重新开放",
        ObstacleKind.ended: "{project}已结束；请项目管理者延期或另开项目",
        ObstacleKind.min_age: _RECORDED_ZH,
        ObstacleKind.max_age: _RECORDED_ZH,
        ObstacleKind.sex: _RECORDED_ZH,
        ObstacleKind.relief_category: _RECORDED_ZH,
        ObstacleKind.vulnerability: _RECORDED_ZH,
        ObstacleKind.self_care: _RECORDED_ZH,
        ObstacleKind.disability_type: _RECORDED_ZH,
        ObstacleKind.disability_grade: _RECORDED_ZH,
        ObstacleKind.service_not_offered: "核对服务类别是否选对；如果没错，登记为供需缺口，由项目管理者处理",
    },
    "en": {
        ObstacleKind.unknown: "Complete the record ({project}: {change})",
        ObstacleKind.not_started: "Refer once it has started ({project}: {change})",
        ObstacleKind.no_place: "Ask {project} when a place will be free, or ask the program manager for more places",
        ObstacleKind.no_home_visits: (
            "Ask whether the person can come to the service; if so, remove “at home” from the need ({project})"
        ),
        ObstacleKind.outside_area: (
            "Ask whether {project} can take a person from outside its area, or ask the program manager to extend it"
        ),
        ObstacleKind.intake_over: (
            "Ask whether {project} can take one person more, or ask the program manager to extend it"
        ),
        ObstacleKind.not_open: "Ask when {project} will open again",
        ObstacleKind.ended: "{project} has ended; ask the program manager to extend it or to open another project",
        ObstacleKind.min_age: _RECORDED_EN,
        ObstacleKind.max_age: _RECORDED_EN,
        ObstacleKind.sex: _RECORDED_EN,
        ObstacleKind.relief_category: _RECORDED_EN,
        ObstacleKind.vulnerability: _RECORDED_EN,
        ObstacleKind.self_care: _RECORDED_EN,
        ObstacleKind.disability_type: _RECORDED_EN,
        ObstacleKind.disability_grade: _RECORDED_EN,
        ObstacleKind.service_not_offered: (
            "Check whether the service is the right one; if it is, report a gap to the program manager"
        ),
    },
}
_RULE_ZH = "与承接组织商量放宽条件，或另开面向这类人的项目（{project}：{change}）"
_RULE_EN = "Agree on a wider rule with the organization, or open a project for these people ({project}: {change})"
_MANAGER: Mapping[Language, Mapping[ObstacleKind, str]] = {
    "zh": {
        ObstacleKind.unknown: "无需改动项目：先由协理员补全登记信息",
        ObstacleKind.not_started: "提前开始（{project}：{change}）",
        ObstacleKind.no_place: "为{project}增加1个名额",
        ObstacleKind.no_home_visits: "请{project}增加上门服务",
        ObstacleKind.outside_area: "扩大服务范围（{project}：{change}）",
        ObstacleKind.intake_over: "延长接收期限（{project}：{change}）",
        ObstacleKind.not_open: "重新开放{project}",
        ObstacleKind.ended: "延期，或开设新项目（{project}：{change}）",
        ObstacleKind.min_age: _RULE_ZH,
        ObstacleKind.max_age: _RULE_ZH,
        ObstacleKind.sex: _RULE_ZH,
        ObstacleKind.relief_category: _RULE_ZH,
        ObstacleKind.vulnerability: _RULE_ZH,
        ObstacleKind.self_care: _RULE_ZH,
        ObstacleKind.disability_type: _RULE_ZH,
        ObstacleKind.disability_grade: _RULE_ZH,
        ObstacleKind.service_not_offered: "没有项目提供这项服务：在下一次征集中列入，或请现有项目增加",
    },
    "en": {
        ObstacleKind.unknown: "Nothing to change in the project: a social worker completes the record first",
        ObstacleKind.not_started: "Start earlier ({project}: {change})",
        ObstacleKind.no_place: "Add one place to {project}",
        ObstacleKind.no_home_visits: "Ask {project} to visit at home",
        ObstacleKind.outside_area: "Extend the area ({project}: {change})",
        ObstacleKind.intake_over: "Extend the intake period ({project}: {change})",
        ObstacleKind.not_open: "Open {project} again",
        ObstacleKind.ended: "Extend it, or open a new project ({project}: {change})",
        ObstacleKind.min_age: _RULE_EN,
        ObstacleKind.max_age: _RULE_EN,
        ObstacleKind.sex: _RULE_EN,
        ObstacleKind.relief_category: _RULE_EN,
        ObstacleKind.vulnerability: _RULE_EN,
        ObstacleKind.self_care: _RULE_EN,
        ObstacleKind.disability_type: _RULE_EN,
        ObstacleKind.disability_grade: _RULE_EN,
        ObstacleKind.service_not_offered: (
            "No project offers this service: put it into the next call, or ask an existing project to add it"
        ),
    },
}
