"""The reasons in words a social worker can read aloud, the same on page, API, command line and paper."""

from collections.abc import Callable, Sequence
from typing import Literal

from tuoju_matching.counterfactual import Lift
from tuoju_matching.eligibility import Obstacle, ObstacleKind
from tuoju_matching.features import Feature
from tuoju_matching.profiles import NeedProfile
from tuoju_matching.ranker import Ranked

Language = Literal["zh", "en"]
Label = Callable[[str, str, Language], str]
"""`label(list, code, language)` puts a code into words; the core ships no code lists."""


def code_as_label(_list: str, code: str, _language: Language) -> str:
    """The code itself, where no words are at hand."""
    return code


def reasons(ranked: Ranked, need: NeedProfile, language: Language, label: Label = code_as_label) -> list[str]:
    """One sentence for each contribution that says something, the weightiest first; last, what counts against it.

    What a ranker gives no weight is not said.
    """
    parts = sorted((part for part in ranked.contributions if part.weight), key=lambda part: -part.amount)
    sentences = [_reason(part.feature, part.value, ranked, need, language, label) for part in parts]
    return list(dict.fromkeys(sentence for sentence in sentences if sentence))


def _reason(feature: Feature, value: float, ranked: Ranked, need: NeedProfile, language: Language, label: Label) -> str:
    zh, project = language == "zh", ranked.project
    match feature:
        case Feature.text:
            if value < 0.15:
                return ""
            if value < 0.4:
                return "项目介绍与需求有相近之处" if zh else "Its description touches on the need"
            return "项目介绍与所写的需求很接近" if zh else "Its description is close to the need"
        case Feature.focus:
            service = label("service_type", need.category, language)
            if value == 1.0:
                return f"专门提供“{service}”" if zh else f"It is devoted to {service}"
            return f"提供“{service}”" if zh else f"It offers {service}"
        case Feature.target_group:
            return _group_reason(ranked, need, language, label)
        case Feature.nearness:
            code = next(code for code in reversed(need.region_path) if code in project.areas)
            place = label("region", code, language)
            return f"服务范围包括{place}" if zh else f"It serves {place}"
        case Feature.places:
            count = project.places_left
            return f"还有{count}个名额" if zh else f"{count} place{'' if count == 1 else 's'} left"
        case Feature.freshness:
            days = project.places_age_days
            if days <= 7:
                return "名额是近7天内更新的" if zh else "Its places were confirmed within the last 7 days"
            return (
                f"名额已{days}天未更新，建议先电话确认"
                if zh
                else (f"Its places were last confirmed {days} days ago: better ring first")
            )
        case Feature.scarcity:
            return "名额紧缺，其他等待的人更需要" if zh else "Its places are scarce: others who wait need them more"
        case _:
            return _record_reason(feature, ranked, language)


def _group_reason(ranked: Ranked, need: NeedProfile, language: Language, label: Label) -> str:
    zh, groups = language == "zh", ranked.project.target_groups
    fits = [code for code in groups if code in need.vulnerabilities]
    words = [label("vulnerable_tag", code, language) for code in fits]
    if not words and need.relief_category in groups:
        words = [label("relief_category", need.relief_category, language)]
    if words:
        return f"面向{'、'.join(words)}" if zh else f"It is meant for: {', '.join(words)}"
    if not groups:
        return "面向所有困难群众" if zh else "It is open to everyone in hardship"
    return ""


def _record_reason(feature: Feature, ranked: Ranked, language: Language) -> str:
    """What the project's past referrals say; nothing where there is no record."""
    zh, project = language == "zh", ranked.project
    share = None if project.acceptance_rate is None else round(project.acceptance_rate * 100)
    days = _days(project.response_days, zh=zh)
    match feature:
        case Feature.success if project.success_rate is not None:
            met = round(project.success_rate * 100)
            return f"以往服务中{met}%满足了需求" if zh else f"It met {met}% of the needs it served"
        case Feature.experience if project.answered:
            count = project.answered
            return f"已答复过{count}次转介" if zh else f"It has answered {count} referral{'' if count == 1 else 's'}"
        case Feature.quickness if days is not None:
            return f"一般{days}答复" if zh else f"It answers {days}"
        case Feature.acceptance if share is not None:
            return f"以往转介接收率{share}%" if zh else f"It accepted {share}% of past referrals"
        case Feature.response if share is not None and days is not None:
            return (
                f"以往转介接收率{share}%，一般{days}答复"
                if zh
                else f"It accepted {share}% of past referrals, answering {days}"
            )
        case Feature.response if share is not None:
            return f"以往转介接收率{share}%" if zh else f"It accepted {share}% of past referrals"
        case _:
            return ""


def _days(days: float | None, *, zh: bool) -> str | None:
    """How soon a project answers, in words; None without a record."""
    if days is None:
        return None
    if days < 0.5:
        return "当天" if zh else "on the same day"
    return f"{days:.1f}个工作日内" if zh else f"in about {days:.1f} working days"


_LIFTS: dict[Feature, tuple[str, str]] = {
    Feature.text: ("项目介绍与所写的需求更接近", "its description were closer to the need"),
    Feature.focus: ("只提供{wanted}类服务（现在{actual}类）", "it offered {wanted} kinds of service, not {actual}"),
    Feature.target_group: ("面向{wanted}", "it were meant for: {wanted}"),
    Feature.nearness: ("服务范围写明{wanted}", "it named {wanted} in its area"),
    Feature.places: ("有{wanted}个名额（现在{actual}个）", "it had {wanted} places left, not {actual}"),
    Feature.freshness: (
        "名额是{wanted}天内更新的（现在{actual}天）",
        "its places had been confirmed within {wanted} days, not {actual}",
    ),
    Feature.acceptance: (
        "转介接收率达到{wanted}%（现在{actual}%）",
        "it accepted {wanted}% of referrals, not {actual}%",
    ),
    Feature.success: ("{wanted}%的服务满足了需求（现在{actual}%）", "it met {wanted}% of needs, not {actual}%"),
    Feature.quickness: (
        "{wanted}个工作日内答复（现在约{actual}个）",
        "it answered within {wanted} working days, not {actual}",
    ),
    Feature.scarcity: ("名额不这么紧缺", "its places were less scarce"),
}


def lifts_in_words(found: Sequence[Lift], language: Language, label: Label = code_as_label) -> list[str]:
    """One sentence for each change that would have ranked a project higher."""
    zh = language == "zh"
    sentences = []
    for lift in found:
        wanted = label(lift.codes, lift.wanted, language) if lift.codes else lift.wanted
        change = _LIFTS[lift.feature][0 if zh else 1].format(wanted=wanted, actual=lift.actual)
        sentences.append(
            f"如果{change}，就能排到第{lift.reaches}" if zh else f"If {change}, it would be no. {lift.reaches}"
        )
    return sentences


def obstacles(found: Sequence[Obstacle], language: Language, label: Label = code_as_label) -> list[str]:
    """One sentence for each failed rule, with the smallest change that would admit the need."""
    return [_obstacle(each, language, label) for each in found]


_LIST_OF = {
    ObstacleKind.service_not_offered: "service_type",
    ObstacleKind.outside_area: "region",
    ObstacleKind.sex: "sex_word",
    ObstacleKind.relief_category: "relief_category",
    ObstacleKind.vulnerability: "vulnerable_tag",
    ObstacleKind.self_care: "self_care_word",
    ObstacleKind.disability_type: "disability_type",
}

_FACTS = {
    "age": ("出生日期", "the birth date"),
    "sex": ("性别", "the sex"),
    "relief_category": ("困难类别", "the category of hardship"),
    "self_care": ("生活自理能力", "the self-care ability"),
}

_SENTENCES: dict[ObstacleKind, tuple[str, str]] = {
    ObstacleKind.not_open: (
        "项目目前没有开放接收，重新开放即可",
        "The project is not open at present; opening it would do",
    ),
    ObstacleKind.not_started: (
        "项目{wanted}才开始，到那天即可",
        "The project starts on {wanted}; from that day it may take people",
    ),
    ObstacleKind.ended: (
        "项目已于{wanted}结束，延到{actual}即可",
        "The project ended on {wanted}; lasting to {actual} would do",
    ),
    ObstacleKind.intake_over: (
        "项目{wanted}后不再接收，延到{actual}即可",
        "The project took its last people on {wanted}; taking them to {actual} would do",
    ),
    ObstacleKind.service_not_offered: (
        "项目不提供“{actual}”，增加这一项即可；现在提供：{wanted}",
        "The project does not offer {actual}, and would have to; it offers: {wanted}",
    ),
    ObstacleKind.outside_area: (
        "{actual}不在服务范围内，列入即可；现在范围：{wanted}",
        "{actual} lies outside its area, and would have to be named; it serves: {wanted}",
    ),
    ObstacleKind.no_place: ("名额已满，空出1个名额即可接收", "It is full; one more place would admit"),
    ObstacleKind.no_home_visits: (
        "项目不上门；如能到服务点接受服务即可",
        "It makes no home visits; coming to its site would do",
    ),
    ObstacleKind.min_age: (
        "项目接收{wanted}岁及以上，服务对象{actual}岁",
        "The project takes people from {wanted}; this person is {actual}",
    ),
    ObstacleKind.max_age: (
        "项目接收{wanted}岁及以下，服务对象{actual}岁",
        "The project takes people up to {wanted}; this person is {actual}",
    ),
    ObstacleKind.sex: (
        "项目面向{wanted}，服务对象为{actual}",
        "The project is for: {wanted}; recorded: {actual}",
    ),
    ObstacleKind.relief_category: (
        "项目面向{wanted}；登记的困难类别是{actual}",
        "The project is for: {wanted}; the recorded category is {actual}",
    ),
    ObstacleKind.vulnerability: (
        "项目面向{wanted}；登记信息中没有，如果符合，补登一项即可",
        "The project is for: {wanted}; none is recorded, and one that holds would do",
    ),
    ObstacleKind.self_care: (
        "项目面向自理能力为{wanted}的人；登记的是{actual}",
        "The project is for self-care: {wanted}; recorded: {actual}",
    ),
    ObstacleKind.disability_type: (
        "项目面向{wanted}残疾人；登记信息中没有，如果符合，补登即可",
        "The project is for disability: {wanted}; none is recorded, and one that holds would do",
    ),
    ObstacleKind.disability_grade: (
        "项目面向残疾等级{wanted}级及以上（1级最重）的人；登记的等级：{actual}",
        "The project is for disability of grade {wanted} or more severe (1 is the most severe); recorded: {actual}",
    ),
    ObstacleKind.unknown: ("还没有登记{fact}，补上后才能判断", "Record {fact} first: it decides"),
}


def _obstacle(obstacle: Obstacle, language: Language, label: Label) -> str:
    zh = language == "zh"
    list_name = _LIST_OF.get(obstacle.kind)

    def words(code: str) -> str:
        return label(list_name, code, language) if list_name and code else code

    joined = ("、" if zh else ", ").join(words(code) for code in obstacle.wanted)
    fact = _FACTS.get(obstacle.fact, (obstacle.fact, obstacle.fact))[0 if zh else 1]
    none = "未登记" if zh else "not recorded"
    sentence = _SENTENCES[obstacle.kind][0 if zh else 1]
    return sentence.format(wanted=joined, actual=words(obstacle.actual) or none, fact=fact)
