"""What a leak is, and what the file knows of the person."""

from dataclasses import dataclass
from enum import StrEnum


class LeakKind(StrEnum):
    """What a leak gives away. `income` covers what comes in, what is owned, and the account it comes in by."""

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
    """One place in the text; start and end count the signs of the text as it was given."""

    kind: LeakKind
    start: int
    end: int
    found: str


@dataclass(frozen=True)
class Known:
    """What the file knows of the person, for finding it again. Of a child, the first name is the child's own. Without
    a count of `village_households` the village is taken for a large one."""

    names: tuple[str, ...]
    child: bool
    id_number: str
    phone: str
    address: str
    village_households: int | None
