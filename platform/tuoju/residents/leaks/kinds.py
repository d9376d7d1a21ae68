"""Kinds of leaks, and what the file knows of the person."""

from dataclasses import dataclass
from enum import StrEnum


class LeakKind(StrEnum):
    """What a leak discloses. `income` includes possessions and bank accounts."""

    id_number = "id_number"
    phone = "phone"
    bank_card = "bank_card"
    address = "address"
    childs_name = "childs_name"
    name_in_full = "name_in_full"
    health_detail = "health_detail"
    points_at_one = "points_at_one"
    income = "income"


@dataclass(frozen=True)
class Leak:
    """One place in the text. Start and end are positions in the original text."""

    kind: LeakKind
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Known:
    """What the file knows of the person, to look for it in a text."""

    names: tuple[str, ...]
    """Of a child, the first name is the child's own."""
    child: bool
    id_number: str
    phone: str
    address: str
    village_households: int | None
    """None counts as a large village."""
