"""The sentences of `explain.py`, one table a language.

Names in braces are filled in by `explain.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from tuoju_matching.eligibility import ObstacleKind
from tuoju_matching.features import Feature

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class ReasonSentences:
    """What may be said of a contribution to a score."""

    text_related: str
    text_close: str
    meaning_related: str
    meaning_close: str
    only_this_service: str
    offers_service: str
    for_groups: str
    for_everyone: str
    serves_region: str
    one_place: str
    places: str
    fresh: str
    stale: str
    scarce: str
    met_needs: str
    answered_once: str
    answered: str
    answers_same_day: str
    answers_in_days: str
    accepts: str
    accepts_same_day: str
    accepts_in_days: str


@dataclass(frozen=True)
class Sentences:
    """All sentences of one language.

    Attributes
    ----------
    separator : str
        Between the elements of a list.
    not_recorded : str
        Instead of a missing value.
    lift : str
        Around one of `changes`, with the rank it leads to.
    changes : mapping of Feature to str
        The condition under which a project would rank higher; for the features that `counterfactual.py` changes.
    facts : mapping of str to str
        The facts that an obstacle of the kind `unknown` may name.
    """

    separator: str
    not_recorded: str
    lift: str
    reasons: ReasonSentences
    changes: Mapping[Feature, str]
    obstacles: Mapping[ObstacleKind, str]
    facts: Mapping[str, str]


_CHINESE = Sentences(
    separator="、",
    not_recorded="未登记",
    lift="如果{change}，就能排到第{rank}",
    reasons=ReasonSentences(
        text_related="项目介绍与需求有相近之处",
        text_close="项目介绍与所写的需求很接近",
        meaning_related="项目介绍的意思与所写的需求相近",
        meaning_close="项目介绍的意思与所写的需求很接近",
        only_this_service="专门提供“{service}”",
        offers_service="提供“{service}”",
        for_groups="面向{groups}",
        for_everyone="面向所有困难群众",
        serves_region="服务范围包括{region}",
        one_place="还有1个名额",
        places="还有{count}个名额",
        fresh="名额是近7天内更新的",
        stale="名额已{days}天未更新，建议先电话确认",
        scarce="名额紧缺，其他等待的人更需要",
        met_needs="以往服务中{percent}%满足了需求",
        answered_once="已答复过1次转介",
        answered="已答复过{count}次转介",
        answers_same_day="一般当天答复",
        answers_in_days="一般{days}个工作日内答复",
        accepts="以往转介接收率{percent}%",
        accepts_same_day="以往转介接收率{percent}%，一般当天答复",
        accepts_in_days="以往转介接收率{percent}%，一般{days}个工作日内答复",
    ),
    changes={
        Feature.text: "项目介绍与所写的需求更接近",
        Feature.focus: "只提供{wanted}类服务（现在{actual}类）",
        Feature.target_group: "面向{wanted}",
        Feature.nearness: "服务范围写明{wanted}",
        Feature.places: "有{wanted}个名额（现在{actual}个）",
        Feature.freshness: "名额是{wanted}天内更新的（现在{actual}天）",
        Feature.acceptance: "转介接收率达到{wanted}%（现在{actual}%）",
        Feature.success: "{wanted}%的服务满足了需求（现在{actual}%）",
        Feature.quickness: "{wanted}个工作日内答复（现在约{actual}个）",
        Feature.scarcity: "名额不这么紧缺",
    },
    obstacles={
        ObstacleKind.not_open: "项目目前没有开放接收，重新开放即可",
        ObstacleKind.not_started: "项目{wanted}才开始，到那天即可",
        ObstacleKind.ended: "项目已于{wanted}结束，延到{actual}即可",
        ObstacleKind.intake_over: "项目{wanted}后不再接收，延到{actual}即可",
        ObstacleKind.service_not_offered: "项目不提供“{actual}”，增加这一项即可；现在提供：{wanted}",
        ObstacleKind.outside_area: "{actual}不在服务范围内，列入即可；现在范围：{wanted}",
        ObstacleKind.no_place: "名额已满，空出1个名额即可接收",
        ObstacleKind.no_home_visits: "项目不上门；如能到服务点接受服务即可",
        ObstacleKind.min_age: "项目接收{wanted}岁及以上，服务对象{actual}岁",
        ObstacleKind.max_age: "项目接收{wanted}岁及以下，服务对象{actual}岁",
        ObstacleKind.sex: "项目面向{wanted}，服务对象为{actual}",
        ObstacleKind.relief_category: "项目面向{wanted}；登记的困难类别是{actual}",
        ObstacleKind.vulnerability: "项目面向{wanted}；登记信息中没有，如果符合，补登一项即可",
        ObstacleKind.self_care: "项目面向自理能力为{wanted}的人；登记的是{actual}",
        ObstacleKind.disability_type: "项目面向{wanted}残疾人；登记信息中没有，如果符合，补登即可",
        ObstacleKind.disability_grade: "项目面向残疾等级{wanted}级及以上（1级最重）的人；登记的等级：{actual}",
        ObstacleKind.unknown: "还没有登记{fact}，补上后才能判断",
    },
    facts={"age": "出生日期", "sex": "性别", "relief_category": "困难类别", "self_care": "生活自理能力"},
)

_ENGLISH = Sentences(
    separator=", ",
    not_recorded="not recorded",
    lift="If {change}, it would be no. {rank}",
    reasons=ReasonSentences(
        text_related="Its description touches on the need",
        text_close="Its description is close to the need",
        meaning_related="Its description is related in meaning to the need",
        meaning_close="Its description is close in meaning to the need",
        only_this_service="It is devoted to {service}",
        offers_service="It offers {service}",
        for_groups="It is meant for: {groups}",
        for_everyone="It is open to everyone in hardship",
        serves_region="It serves {region}",
        one_place="1 place left",
        places="{count} places left",
        fresh="Its places were confirmed within the last 7 days",
        stale="Its places were last confirmed {days} days ago: better ring first",
        scarce="Its places are scarce: others who wait need them more",
        met_needs="It met {percent}% of the needs it served",
        answered_once="It has answered 1 referral",
        answered="It has answered {count} referrals",
        answers_same_day="It answers on the same day",
        answers_in_days="It answers in about {days} working days",
        accepts="It accepted {percent}% of past referrals",
        accepts_same_day="It accepted {percent}% of past referrals, answering on the same day",
        accepts_in_days="It accepted {percent}% of past referrals, answering in about {days} working days",
    ),
    changes={
        Feature.text: "its description were closer to the need",
        Feature.focus: "it offered {wanted} kinds of service, not {actual}",
        Feature.target_group: "it were meant for: {wanted}",
        Feature.nearness: "it named {wanted} in its area",
        Feature.places: "it had {wanted} places left, not {actual}",
        Feature.freshness: "its places had been confirmed within {wanted} days, not {actual}",
        Feature.acceptance: "it accepted {wanted}% of referrals, not {actual}%",
        Feature.success: "it met {wanted}% of needs, not {actual}%",
        Feature.quickness: "it answered within {wanted} working days, not {actual}",
        Feature.scarcity: "its places were less scarce",
    },
    obstacles={
        ObstacleKind.not_open: "The project is not open at present; opening it would do",
        ObstacleKind.not_started: "The project starts on {wanted}; from that day it may take people",
        ObstacleKind.ended: "The project ended on {wanted}; lasting to {actual} would do",
        ObstacleKind.intake_over: "The project took its last people on {wanted}; taking them to {actual} would do",
        ObstacleKind.service_not_offered: (
            "The project does not offer {actual}, and would have to; it offers: {wanted}"
        ),
        ObstacleKind.outside_area: ("{actual} lies outside its area, and would have to be named; it serves: {wanted}"),
        ObstacleKind.no_place: "It is full; one more place would admit",
        ObstacleKind.no_home_visits: "It makes no home visits; coming to its site would do",
        ObstacleKind.min_age: "The project takes people from {wanted}; this person is {actual}",
        ObstacleKind.max_age: "The project takes people up to {wanted}; this person is {actual}",
        ObstacleKind.sex: "The project is for: {wanted}; recorded: {actual}",
        ObstacleKind.relief_category: "The project is for: {wanted}; the recorded category is {actual}",
        ObstacleKind.vulnerability: "The project is for: {wanted}; none is recorded, and one that holds would do",
        ObstacleKind.self_care: "The project is for self-care: {wanted}; recorded: {actual}",
        ObstacleKind.disability_type: (
            "The project is for disability: {wanted}; none is recorded, and one that holds would do"
        ),
        ObstacleKind.disability_grade: (
            "The project is for disability of grade {wanted} or more severe (1 is the most severe); recorded: {actual}"
        ),
        ObstacleKind.unknown: "Record {fact} first: it decides",
    },
    facts={
        "age": "the birth date",
        "sex": "the sex",
        "relief_category": "the category of hardship",
        "self_care": "the self-care ability",
    },
)

SENTENCES: Mapping[Language, Sentences] = MappingProxyType({"zh": _CHINESE, "en": _ENGLISH})
