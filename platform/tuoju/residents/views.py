"""A resident as a reader sees them: the one view for pages, API, papers and sheets.

accounts.fields.PERSON says how each audience sees each field. In full a resident is read only by
residents.service.reveal and referrals.service.reveal, for a purpose.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from tuoju.accounts.fields import EVERYTHING, ConsentData, Form, Stage, form_of
from tuoju.accounts.permissions import Principal
from tuoju.regions.calendar import china_day
from tuoju.residents import masking
from tuoju.residents.identity import age_on
from tuoju.residents.models import Resident, SelfCare, Sex
from tuoju.residents.service import Revealed


@dataclass(frozen=True)
class ResidentSeen:
    """What a reader sees of a resident. What is hidden from the reader is empty or None, as is what is unknown."""

    id: int
    name: str
    """Masked; before an organization accepts the surname only."""
    id_number: str
    """Masked."""
    phone: str
    """Masked."""
    sex: Sex | None
    age: int | None
    age_band: str
    """Ten years, as 70-79."""
    region_code: str
    """The village; empty for readers who are told the township only."""
    relief_category: str | None
    vulnerabilities: tuple[str, ...]
    disability_type: str | None
    disability_grade: str | None
    self_care: SelfCare | None
    erased_on: date | None = None
    """When the personal fields were erased; `name` is the word for it then."""
    restricted: bool = False
    """Whether the data are stored and not otherwise used (PIPL art. 47)."""


def resident_seen(
    actor: Principal,
    resident: Resident,
    today: date,
    *,
    stage: Stage = Stage.before,
    shared: Collection[ConsentData] = EVERYTHING,
) -> ResidentSeen:
    """The resident as this reader sees them on a day. `stage` and `shared`, what the consent names, matter for
    organizations only. The caller has checked the scope."""

    def form(field: str) -> Form:
        return form_of(actor, f"resident.{field}", stage, shared=shared)

    def whole(field: str) -> Any:
        return getattr(resident, field) if form(field) is Form.unmasked else None

    age = age_on(resident.born_on, today) if resident.born_on else None
    exact = form("born_on") in (Form.age, Form.revealed)
    return ResidentSeen(
        id=resident.pk,
        name=masking.masked_name(resident) if resident.erased_at else _name(resident.name, form("name")),
        id_number=_masked(resident.id_number, form("id_number"), masking.mask_id_number),
        phone=_masked(resident.phone, form("phone"), masking.mask_phone),
        sex=whole("sex"),
        age=age if exact else None,
        age_band=masking.age_band(age) if exact or form("born_on") is Form.age_band else "",
        region_code=whole("region_code") or "",
        relief_category=whole("relief_category"),
        vulnerabilities=tuple(whole("vulnerabilities") or ()),
        disability_type=whole("disability_type"),
        disability_grade=whole("disability_grade"),
        self_care=whole("self_care"),
        erased_on=china_day(resident.erased_at) if resident.erased_at else None,
        restricted=resident.restricted_at is not None,
    )


def _name(name: str, form: Form) -> str:
    if form is Form.surname:
        return masking.surname(name)
    return _masked(name, form, masking.mask_name)


def _masked(value: str | None, form: Form, mask: Callable[[str], str]) -> str:
    return mask(value) if value and form in (Form.masked, Form.revealed) else ""


def residents_seen(
    session: Session, actor: Principal, ids: Collection[int], today: date, *, stage: Stage = Stage.before
) -> dict[int, ResidentSeen]:
    """The residents of these ids as this reader sees them, in one query. The caller's rows were already in scope."""
    rows = session.exec(select(Resident).where(col(Resident.id).in_(ids)))
    return {row.pk: resident_seen(actor, row, today, stage=stage) for row in rows}


def revealed_to(
    actor: Principal,
    revealed: Revealed,
    *,
    stage: Stage = Stage.before,
    shared: Collection[ConsentData] = EVERYTHING,
) -> Revealed:
    """What this reader may read in full of a resident; the rest is None. The caller has audited the reading."""
    withheld: dict[str, Any] = {
        field.name: None
        for field in fields(revealed)
        if form_of(actor, f"resident.{field.name}", stage, shared=shared) is not Form.revealed
    }
    return replace(revealed, **withheld)
