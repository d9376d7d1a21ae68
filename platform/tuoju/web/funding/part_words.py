"""Parts of an application in words, for those who read it: screeners both sides of it, reviewers the blind one."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from tuoju.funding.application_inputs import Part
from tuoju.funding.call_queries import topics_of
from tuoju.funding.models import Call
from tuoju.funding.money import to_fen
from tuoju.regions.queries import names
from tuoju.web.funding.call_words import topic_title
from tuoju.web.funding.check_views import FactRow, LineRow, PartText
from tuoju.words.formats import yuan
from tuoju.words.labels import label
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _

FIELDS: Mapping[str, str] = {
    "contact_name": N_("Contact person"),
    "contact_phone": N_("Telephone"),
    "staff": N_("Staff of the project"),
    "experience": N_("Earlier projects"),
    "topic_id": N_("Topic"),
    "areas": N_("Townships"),
    "target": N_("For whom exactly?"),
    "evidence": N_("How do you know that they need it?"),
    "title": N_("Name of the project"),
    "summary": N_("Summary"),
    "method": N_("How do you do it?"),
    "rhythm": N_("How often, how long?"),
    "risks": N_("What can go wrong, and what then?"),
    "places": N_("Places"),
    "persons": N_("Different persons in all"),
    "person_times": N_("Person-times in all"),
    "outcomes": N_("By what is success seen?"),
    "viable_share": N_("Viable with this share of the ask (percent)"),
    "viable_places": N_("Places at that share"),
    "not_funded_twice": N_("The same service for the same people and time gets no other public money."),
    "is_true": N_("What the application says is true."),
    "may_publish": N_("Name of the organization, project and award may be published."),
}
"""The fields of the parts in words, as on the form."""

Mask = Callable[[str], str]


def part_texts(
    session: Session, call: Call, content: Mapping[str, Any], parts: tuple[Part, ...], mask: Mask = str
) -> list[PartText]:
    """What was typed into some parts, in words; `mask` is applied to every text."""
    topics = {topic.pk: topic_title(topic.category, topic.target_group) for topic in topics_of(session, call)}
    areas = content.get(Part.for_whom, {}).get("areas", [])
    places = names(session, dict.fromkeys(areas)) if Part.for_whom in parts else {}
    return [_part(part, content.get(part, {}), topics, places, mask) for part in parts]


def topic_facts(session: Session, call: Call, content: Mapping[str, Any]) -> list[FactRow]:
    """The topic and the townships of an application, in words."""
    part = content.get(Part.for_whom, {})
    known = {name: part[name] for name in ("topic_id", "areas") if name in part}
    return list(part_texts(session, call, {Part.for_whom: known}, (Part.for_whom,))[0].facts)


def _part(
    part: Part, values: Mapping[str, Any], topics: Mapping[int, str], places: Mapping[str, str], mask: Mask
) -> PartText:
    facts = [
        FactRow(_(FIELDS[name]), _in_words(name, value, topics, places, mask))
        for name, value in values.items()
        if name in FIELDS
    ]
    return PartText(part, facts, [_line(line, mask) for line in values.get("lines", [])])


def _in_words(name: str, value: Any, topics: Mapping[int, str], places: Mapping[str, str], mask: Mask) -> str:
    if name == "topic_id":
        return topics.get(int(value), "")
    if name == "areas":
        return _(", ").join(places.get(code, code) for code in value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return mask(str(value))


def _line(line: Mapping[str, Any], mask: Mask) -> LineRow:
    price, count = to_fen(Decimal(line["price"])), int(line["count"])
    return LineRow(
        head=label("budget_head", line["head"]),
        spent_on=mask(line["what"]),
        price=yuan(price),
        count=count,
        total=yuan(price * count),
        award=yuan(to_fen(Decimal(line["award"]))),
    )
