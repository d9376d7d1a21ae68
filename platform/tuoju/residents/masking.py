"""Masks personal fields; in full they are read only by service.reveal, for a purpose."""

from dataclasses import dataclass
from datetime import date

from tuoju.residents.identity import age_on
from tuoju.residents.models import Resident, SelfCare, Sex


def mask_name(name: str) -> str:
    """张某 -> 张*; 张建国 -> 张*国; longer names keep their first and last character."""
    if len(name) <= 1:
        return "*"
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_id_number(number: str) -> str:
    """The first two and the last three characters."""
    return number[:2] + "*" * max(len(number) - 5, 1) + number[-3:] if len(number) > 5 else "*" * len(number)


def mask_phone(phone: str) -> str:
    """138****1234; a shorter number keeps its last two digits."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * max(len(phone) - 2, 1) + phone[-2:]


@dataclass(frozen=True)
class MaskedResident:
    """What may be shown of a resident to anyone whose scope holds them."""

    id: int
    name: str
    id_number: str
    phone: str
    sex: Sex
    age: int | None
    region_code: str
    relief_category: str
    vulnerabilities: tuple[str, ...]
    disability_type: str | None
    disability_grade: str | None
    self_care: SelfCare


def masked(resident: Resident, today: date) -> MaskedResident:
    """The resident with name, number and telephone masked, and no address."""
    return MaskedResident(
        id=resident.pk,
        name=mask_name(resident.name),
        id_number=mask_id_number(resident.id_number) if resident.id_number else "",
        phone=mask_phone(resident.phone) if resident.phone else "",
        sex=resident.sex,
        age=age_on(resident.born_on, today) if resident.born_on else None,
        region_code=resident.region_code,
        relief_category=resident.relief_category,
        vulnerabilities=tuple(resident.vulnerabilities),
        disability_type=resident.disability_type,
        disability_grade=resident.disability_grade,
        self_care=resident.self_care,
    )


def age_band(age: int | None) -> str:
    """The ten-year band of an age, as "70-79"; empty if it is unknown."""
    if age is None:
        return ""
    return f"{age // 10 * 10}-{age // 10 * 10 + 9}"
