"""Calls in words, for the pages of managers and of everybody."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from tuoju.funding.call_queries import last_day_of, topics_of
from tuoju.funding.calls import Gap
from tuoju.funding.models import Call, CallTopic
from tuoju.regions.queries import full_name, names
from tuoju.web.funding.views import CallCard, CallFacts, TopicRow
from tuoju.words.formats import yuan
from tuoju.words.labels import label, target_group
from tuoju.words.languages import gettext as _
from tuoju_projects.call_rules import DEFINITIONS, CallRuleName, CallRules, RuleUnit


def topic_rows(session: Session, topics: Sequence[CallTopic]) -> list[TopicRow]:
    """The topics of a call in words. One query for the names of townships."""
    places = names(session, {code for topic in topics for code in topic.townships})
    return [
        TopicRow(
            key=str(topic.pk),
            title=topic_title(topic.category, topic.target_group),
            townships=_townships(places, topic.townships),
            needs=topic.needs,
            person_times=topic.person_times,
            budget=_budget(None if topic.low_fen is None else (topic.low_fen, topic.high_fen or topic.low_fen)),
            unit_cost=f"¥{yuan(topic.unit_cost_fen)}" if topic.unit_cost_fen else "",
        )
        for topic in topics
    ]


def gap_rows(session: Session, gaps: Sequence[Gap]) -> list[TopicRow]:
    """The gaps of a plan in words, as topics to choose from."""
    places = names(session, {code for gap in gaps for code in gap.townships})
    return [
        TopicRow(
            key=gap.key,
            title=topic_title(gap.category, gap.target_group),
            townships=_townships(places, gap.townships),
            needs=gap.needs,
            person_times=gap.person_times,
            budget=_budget((gap.budget_fen[0], gap.budget_fen[2]) if gap.budget_fen else None),
            unit_cost=f"¥{yuan(round(gap.budget_fen[1] / gap.person_times))}" if gap.budget_fen else "",
        )
        for gap in gaps
    ]


def topic_title(category: str, target: str) -> str:
    """A service and its target group in words."""
    group = target_group(target) if target else _("everyone")
    return f"{label('service_type', category)} · {group}"


def _townships(places: Mapping[str, str], codes: Sequence[str]) -> str:
    return _(", ").join(places.get(code, code) for code in codes)


def _budget(bounds: tuple[int, int] | None) -> str:
    if bounds is None:
        return _("unit cost not known")
    return f"¥{yuan(bounds[0])}–{yuan(bounds[1])}"


def facts_of(session: Session, call: Call) -> CallFacts:
    """What everybody may know of a call, in words."""
    return CallFacts(
        number=call.number,
        title=call.title,
        place=full_name(session, call.region_code),
        state=call.state,
        funding=label("funding_type", call.funding_type),
        budget=f"¥{yuan(call.budget_fen)}",
        closes=f"{last_day_of(call)} 24:00",
        last_day=last_day_of(call),
        starts_on=call.starts_on,
        ends_on=call.ends_on,
        introduction=call.introduction,
        telephone=call.telephone,
        cancel_reason=call.cancel_reason,
        topics=topic_rows(session, topics_of(session, call)),
        criteria=[(label("criterion", code), points) for code, points in call.criteria.items()],
        rules=rule_rows(CallRules.thawed(call.rules)) if call.rules else [],
    )


def rule_rows(rules: CallRules) -> list[tuple[str, str, str]]:
    """Every rule with its value and source."""
    return [(label("call_rule", name), _rule_value(name, rules[name]), rules.source(name)) for name in CallRuleName]


def _rule_value(name: CallRuleName, value: int) -> str:
    unit = DEFINITIONS[name].unit
    if unit is RuleUnit.fen:
        return f"¥{yuan(value)}"
    if unit is RuleUnit.switch:
        return _("Yes") if value else _("No")
    if unit is RuleUnit.percent:
        return f"{value}%"
    return f"{value} {label('call_rule_unit', unit)}"


def card_of(call: Call, place: str, url: str, waiting: str = "") -> CallCard:
    """A call in a list."""
    return CallCard(
        url, call.number, call.title, place, call.state, last_day_of(call), f"¥{yuan(call.budget_fen)}", waiting
    )
