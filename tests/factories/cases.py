"""Cases and needs for tests."""

from typing import Any

from sqlmodel import Session

from factories.residents import make_resident
from tuoju.accounts.permissions import Actor
from tuoju.cases.inputs import CaseInput, NeedInput
from tuoju.cases.models import Case, Need
from tuoju.cases.policies import Scheme
from tuoju.cases.service import add_need, open_case
from tuoju.residents.models import Resident


def make_case(
    session: Session, actor: Actor, resident: Resident | None = None, scheme: Scheme = Scheme.charity_referral
) -> Case:
    """A case, by default under the policy without a procedure."""
    resident = resident or make_resident(session, actor)
    return open_case(session, actor, resident, CaseInput(hardship_cause="1", scheme=scheme))


def make_need(session: Session, actor: Actor, case: Case | None = None, **values: Any) -> Need:
    inputs = {"category": "A01", "text": "早饭没人做，站不久，衣服洗不了"} | values
    return add_need(session, actor, case or make_case(session, actor), NeedInput.model_validate(inputs))
