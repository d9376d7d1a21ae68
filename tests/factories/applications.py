"""Applications for tests: begun by an organization, and filled in."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.funding import applications
from tuoju.funding.application_inputs import INPUTS, Part
from tuoju.funding.application_models import Application
from tuoju.funding.call_queries import topics_of
from tuoju.funding.models import Call


def part_values(session: Session, call: Call) -> Mapping[Part, dict[str, Any]]:
    """What is typed into the six parts."""
    topic = topics_of(session, call)[0]
    return {
        Part.who: {"contact_name": "周予安", "contact_phone": "0550-3022685", "staff": "周予安，社工师，项目主管"},
        Part.for_whom: {
            "topic_id": topic.pk,
            "areas": list(topic.townships),
            "target": "独居和失能老人",
            "evidence": "入户调查了三个村，共五十户，多数一天只吃一顿热饭。",
        },
        Part.what: {
            "title": "送餐到家",
            "summary": "每天中午为独居老人送一顿热饭，并问候平安。",
            "method": "村里的食堂做饭，志愿者按固定路线送到家，问候并记录。",
            "rhythm": "每周五天，每天一次",
            "risks": "老人摔倒：志愿者当天告诉村里。",
        },
        Part.how_many: {
            "places": 20,
            "persons": 20,
            "person_times": 2000,
            "outcomes": "每人每周至少五顿热饭，由签收表证明。",
        },
        Part.how_much: {
            "lines": [
                {"head": "materials", "what": "食材", "price": "10", "count": 2000, "award": "15000"},
                {"head": "staff", "what": "社工", "price": "3000", "count": 10, "award": "3万"},
            ]
        },
        Part.promises: {"not_funded_twice": "true", "is_true": "true", "may_publish": "true"},
    }


def make_application(session: Session, staff: Actor, call: Call, **changed: Mapping[str, Any]) -> Application:
    """A draft with all six parts; `changed` replaces fields of a part."""
    application = applications.begin(session, staff, call)
    for part, values in part_values(session, call).items():
        inputs = INPUTS[part].model_validate({**values, **changed.get(part.value, {})})
        applications.save_part(session, staff, application, part, inputs)
    return application
