"""Reasons and obstacles as sentences, the same on pages, in the API, on the command line and on paper."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tuoju_matching.counterfactual import Lift
from tuoju_matching.eligibility import Obstacle, ObstacleKind
from tuoju_matching.features import Feature
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.ranker import Ranked
from tuoju_matching.sentences import SENTENCES, Language, ReasonSentences

Label = Callable[[str, str, Language], str]
"""`label(list, code, language)` returns the words for a code; the core contains no code lists."""

TEXT_RELATED, TEXT_CLOSE = 0.15, 0.4
"""Text similarity from which the text is mentioned, and from which it is called close."""
FRESH_DAYS = 7
"""Up to this age the places are called fresh."""
SAME_DAY = 0.5
"""Below this number of working days an answer comes on the same day."""

_CODE_LIST_OF = {
    ObstacleKind.service_not_offered: "service_type",
    ObstacleKind.outside_area: "region",
    ObstacleKind.sex: "sex_word",
    ObstacleKind.relief_category: "relief_category",
    ObstacleKind.vulnerability: "vulnerable_tag",
    ObstacleKind.self_care: "self_care_word",
    ObstacleKind.disability_type: "disability_type",
}


def code_as_label(_list: str, code: str, _language: Language) -> str:
    """The code itself, for callers without code lists."""
    return code


def reason_sentences(ranked: Ranked, need: NeedProfile, language: Language, label: Label = code_as_label) -> list[str]:
    """One sentence for each contribution worth mentioning, the largest first; last, what counts against the project.

    Features that the ranker gives no weight are not mentioned.
    """
    parts = sorted((part for part in ranked.contributions if part.weight), key=lambda part: -part.amount)
    context = _Context(need, ranked.project, language, label, SENTENCES[language].reasons)
    sentences = [_REASONS[part.feature](context, part.value) for part in parts]
    return list(dict.fromkeys(sentence for sentence in sentences if sentence))


class _Context(NamedTuple):
    need: NeedProfile
    project: ProjectProfile
    language: Language
    label: Label
    sentences: ReasonSentences


def _text_reason(context: _Context, similarity: float) -> str:
    if similarity < TEXT_RELATED:
        return ""
    sentences, is_close = context.sentences, similarity >= TEXT_CLOSE
    if context.need.meaning and context.project.meaning:
        return sentences.meaning_close if is_close else sentences.meaning_related
    return sentences.text_close if is_close else sentences.text_related


def _focus_reason(context: _Context, focus: float) -> str:
    sentence = context.sentences.only_this_service if focus == 1.0 else context.sentences.offers_service
    return sentence.format(service=context.label("service_type", context.need.category, context.language))


def _group_reason(context: _Context, _fit: float) -> str:
    need, project, language, label, sentences = context
    groups = project.target_groups
    if not groups:
        return sentences.for_everyone
    words = [label("vulnerable_tag", code, language) for code in groups if code in need.vulnerabilities]
    if not words and need.relief_category in groups:
        words = [label("relief_category", need.relief_category, language)]
    return sentences.for_groups.format(groups=SENTENCES[language].separator.join(words)) if words else ""


def _region_reason(context: _Context, _nearness: float) -> str:
    areas = context.project.areas
    code = next(code for code in reversed(context.need.region_path) if code in areas)
    return context.sentences.serves_region.format(region=context.label("region", code, context.language))


def _places_reason(context: _Context, _places: float) -> str:
    count = context.project.places_left
    return context.sentences.one_place if count == 1 else context.sentences.places.format(count=count)


def _freshness_reason(context: _Context, _freshness: float) -> str:
    days = context.project.places_age_days
    return context.sentences.fresh if days <= FRESH_DAYS else context.sentences.stale.format(days=days)


def _scarcity_reason(context: _Context, _price: float) -> str:
    return context.sentences.scarce


def _success_reason(context: _Context, _success: float) -> str:
    rate = context.project.success_rate
    return "" if rate is None else context.sentences.met_needs.format(percent=round(rate * 100))


def _experience_reason(context: _Context, _experience: float) -> str:
    count = context.project.answered
    if not count:
        return ""
    return context.sentences.answered_once if count == 1 else context.sentences.answered.format(count=count)


def _quickness_reason(context: _Context, _quickness: float) -> str:
    days, sentences = context.project.response_days, context.sentences
    if days is None:
        return ""
    return sentences.answers_same_day if days < SAME_DAY else sentences.answers_in_days.format(days=f"{days:.1f}")


def _acceptance_reason(context: _Context, _acceptance: float) -> str:
    rate = context.project.acceptance_rate
    return "" if rate is None else context.sentences.accepts.format(percent=round(rate * 100))


def _response_reason(context: _Context, acceptance: float) -> str:
    rate, days, sentences = context.project.acceptance_rate, context.project.response_days, context.sentences
    if rate is None or days is None:
        return _acceptance_reason(context, acceptance)
    if days < SAME_DAY:
        return sentences.accepts_same_day.format(percent=round(rate * 100))
    return sentences.accepts_in_days.format(percent=round(rate * 100), days=f"{days:.1f}")


_REASONS: Mapping[Feature, Callable[[_Context, float], str]] = {
    Feature.text: _text_reason,
    Feature.focus: _focus_reason,
    Feature.target_group: _group_reason,
    Feature.nearness: _region_reason,
    Feature.places: _places_reason,
    Feature.freshness: _freshness_reason,
    Feature.response: _response_reason,
    Feature.acceptance: _acceptance_reason,
    Feature.quickness: _quickness_reason,
    Feature.success: _success_reason,
    Feature.experience: _experience_reason,
    Feature.scarcity: _scarcity_reason,
}
"""The sentence for a contribution, from the context and the feature's value; "" if there is nothing to say."""


def lift_sentences(lifts: Sequence[Lift], language: Language, label: Label = code_as_label) -> list[str]:
    """One sentence for each change that would rank a project higher."""
    table = SENTENCES[language]
    sentences = []
    for lift in lifts:
        wanted = label(lift.codes, lift.wanted, language) if lift.codes else lift.wanted
        change = table.changes[lift.feature].format(wanted=wanted, actual=lift.actual)
        sentences.append(table.lift.format(change=change, rank=lift.reaches))
    return sentences


def obstacle_sentences(obstacles: Sequence[Obstacle], language: Language, label: Label = code_as_label) -> list[str]:
    """One sentence for each failed rule, with the smallest change that would admit the need."""
    return [_obstacle_sentence(obstacle, language, label) for obstacle in obstacles]


def _obstacle_sentence(obstacle: Obstacle, language: Language, label: Label) -> str:
    table, code_list = SENTENCES[language], _CODE_LIST_OF.get(obstacle.kind)

    def words(code: str) -> str:
        return label(code_list, code, language) if code_list and code else code

    return table.obstacles[obstacle.kind].format(
        wanted=table.separator.join(words(code) for code in obstacle.wanted),
        actual=words(obstacle.actual) or table.not_recorded,
        fact=table.facts.get(obstacle.fact, obstacle.fact),
    )
