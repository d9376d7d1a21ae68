"""Invented residents for tests; their numbers carry the unassigned county 341199."""

import itertools
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlmodel import Session

from factories.accounts import VILLAGE
from tuoju.accounts.fields import ConsentData
from tuoju.accounts.permissions import Actor
from tuoju.residents.consents import ConsentTerms, give_consent
from tuoju.residents.identity import check_digit
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import Consent, ConsentGiver, ConsentPurpose, Resident
from tuoju.residents.service import register

_numbers = itertools.count(1)


def id_number(born_on: date = date(1950, 3, 4), *, male: bool = False) -> str:
    """A well-formed number that belongs to nobody; another each time."""
    order = next(_numbers) % 500 * 2 + (1 if male else 0)
    first = f"341199{born_on:%Y%m%d}{order:03d}"
    return first + check_digit(first)


def resident_input(**values: Any) -> ResidentInput:
    return ResidentInput.model_validate(
        {
            "name": "张建国",
            "id_number": id_number(),
            "region_code": VILLAGE,
            "phone": "13800001234",
            "address": "村东头3号",
            "relief_category": "TKGY",
            "vulnerabilities": ["SN"],
            "self_care": "partly_unable",
        }
        | values
    )


def make_resident(session: Session, actor: Actor, **values: Any) -> Resident:
    return register(session, actor, resident_input(**values))


def make_consent(
    session: Session, actor: Actor, resident: Resident, organization_id: int, data: Iterable[ConsentData] = ConsentData
) -> Consent:
    return give_consent(
        session,
        actor,
        resident,
        purpose=ConsentPurpose.referral,
        organization_id=organization_id,
        given_by=ConsentGiver.self,
        method="paper",
        terms=ConsentTerms(data=tuple(data)),
    )
