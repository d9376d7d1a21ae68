"""The workbook that `tuoju match` writes: the plan with its reasons, the needs without a project, places and notes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import xlsxwriter

from tuoju.documents.match_reading import Divisions, SheetNeeds, SheetProjects
from tuoju.matchmaking.ranking import Ranking
from tuoju.words.labels import label
from tuoju_matching.assign import Plan
from tuoju_matching.counterfactual import lifts
from tuoju_matching.explain import Label, lift_sentences, obstacle_sentences, reason_sentences
from tuoju_matching.learned import create_ranker
from tuoju_matching.profiles import NeedProfile
from tuoju_matching.ranker import Ranked, RuleRanker
from tuoju_matching.sentences import Language
from tuoju_matching.why_not import manager_advice, why_not, worker_advice

Cell = str | int | float
NOTES = "说明"
"""The sheet without a heading."""

_HEADINGS: dict[Language, dict[str, list[Cell]]] = {
    "zh": {
        "placed": ["编号", "服务类别", "项目", "承接组织", "匹配度", "理由", "备选", "备选怎样才会更靠前"],
        "unmet": ["编号", "服务类别", "为什么", "协理员可以", "项目管理者可以"],
        "places": ["项目", "名额", "已分配"],
    },
    "en": {
        "placed": [
            "Key",
            "Service",
            "Project",
            "Organization",
            "Fit",
            "Reasons",
            "Alternatives",
            "What would rank them higher",
        ],
        "unmet": ["Key", "Service", "Why", "A social worker can", "A program manager can"],
        "places": ["Project", "Places", "Assigned"],
    },
}
_NOTES: dict[Language, tuple[str, ...]] = {
    "zh": ("需求", "已分配", "总匹配度", "理论上界（对偶）", "与最优的差距", "排序"),
    "en": ("需求", "Assigned", "Total fit", "Upper limit (dual bound)", "Gap to the optimum", "Ranking"),
}


@dataclass(frozen=True)
class MatchResult:
    """A plan for the needs of one sheet, with what it was made from."""

    plan: Plan
    needs: SheetNeeds
    projects: SheetProjects
    divisions: Divisions
    ranking: Ranking
    today: date


def plan_workbook(result: MatchResult, language: Language) -> bytes:
    """The workbook of a result; called where the language of the words is the same."""
    ranker = create_ranker(result.ranking.met).fit(result.projects.profiles)
    words = _label_with(result.divisions)
    placed = [_HEADINGS[language]["placed"]]
    unmet = [_HEADINGS[language]["unmet"]]
    for need in result.needs.profiles:
        best = ranker.rank(need, result.today, k=3)
        ranked = result.plan.chosen.get(need.id)
        if ranked is None:
            unmet.append(_unmet_row(result, need, best, language, words))
        else:
            placed.append(_placed_row(result, need, ranked, best, _Explainer(ranker, language, words)))
    return _workbook(
        {
            "方案": placed,
            "未分配": unmet,
            "名额": [_HEADINGS[language]["places"], *_place_rows(result)],
            NOTES: _note_rows(result, language),
        }
    )


def _label_with(divisions: Divisions) -> Label:
    def words(kind: str, code: str, _language: Language) -> str:
        return divisions.names.get(code, code) if kind == "region" else label(kind, code)

    return words


@dataclass(frozen=True)
class _Explainer:
    """What turns a ranking into sentences."""

    ranker: RuleRanker
    language: Language
    words: Label


def _placed_row(
    result: MatchResult, need: NeedProfile, ranked: Ranked, best: Sequence[Ranked], explainer: _Explainer
) -> list[Cell]:
    """A need that has a project, with the reasons and up to two alternatives."""
    language, words = explainer.language, explainer.words
    others = [other for other in best if other.project.id != ranked.project.id][:2]
    lifts_of = lifts(need, best, explainer.ranker.weights(need.urgency))
    lift_texts = [
        f"{other.project.name}：{sentence}"
        for other in others
        for sentence in lift_sentences(lifts_of.get(other.project.id, ())[:1], language, words)
    ]
    return [
        result.needs.keys[need.id],
        label("service_type", need.category),
        ranked.project.name,
        result.projects.organizations[ranked.project.id],
        round(ranked.score * 100),
        "；".join(reason_sentences(ranked, need, language, words)),
        "、".join(other.project.name for other in others),
        "；".join(lift_texts),
    ]


def _unmet_row(
    result: MatchResult, need: NeedProfile, best: Sequence[Ranked], language: Language, words: Label
) -> list[Cell]:
    """A need without a project: the places ran out, or what excludes it from the nearest project."""
    key, service = result.needs.keys[need.id], label("service_type", need.category)
    if best:
        names = "、".join(ranked.project.name for ranked in best)
        full = f"合适的项目名额已分给更紧急或更合适的需求：{names}" if language == "zh" else f"Full: {names}"
        return [key, service, full]
    answer = why_not(need, result.projects.profiles, result.today)
    if answer is None or answer.nearest is None:
        return [key, service]
    sentences = obstacle_sentences(answer.obstacles, language, words)
    return [
        key,
        service,
        f"{answer.nearest.name}：{'；'.join(sentences)}",
        "；".join(worker_advice(answer, language, words)),
        "；".join(manager_advice(answer, language, words)),
    ]


def _place_rows(result: MatchResult) -> list[list[Cell]]:
    assigned = Counter(ranked.project.id for ranked in result.plan.chosen.values())
    return [[project.name, project.places_left, assigned[project.id]] for project in result.projects.profiles]


def _note_rows(result: MatchResult, language: Language) -> list[list[Cell]]:
    plan = result.plan
    values: list[Cell] = [
        len(result.needs.profiles),
        len(plan.chosen),
        round(plan.quality, 6),
        round(plan.bound, 6),
        plan.gap,
        result.ranking.signature,
    ]
    return [[title, value] for title, value in zip(_NOTES[language], values, strict=True)]


def _workbook(sheets: dict[str, list[list[Cell]]]) -> bytes:
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        bold = book.add_format({"bold": True})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.set_column(0, 4, 20)
            sheet.set_column(5, 7, 60)
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line, bold if number == 0 and name != NOTES else wrap)
    return buffer.getvalue()
