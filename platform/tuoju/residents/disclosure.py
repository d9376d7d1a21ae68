"""What a text tells of a person before it goes to a charity, and the same text masked, to be taken in one tap. Pure.

The linter masks what an organization reads before it accepts; here the writer is shown what they are about to pass on,
and chooses (PIPL art. 6: no more than the purpose needs).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tuoju.residents.leaks.finding import find_identifying
from tuoju.residents.leaks.kinds import Known, LeakKind
from tuoju.residents.linter import mask_text

ALWAYS_NEEDLESS = frozenset(
    {
        LeakKind.id_number,
        LeakKind.phone,
        LeakKind.bank_card,
        LeakKind.address,
        LeakKind.childs_name,
        LeakKind.name_in_full,
    }
)
"""After it accepts, an organization reads name, telephone and address where their reading is recorded."""

WITH_HEALTH = ("A", "C02")
"""Services that illness matters to: care and rehabilitation, counselling. By the beginning of their codes."""


@dataclass(frozen=True)
class MaskedOffer:
    """A text without what its receiver need not know, and the kinds of what was masked, in order of their place."""

    masked: str
    kinds: tuple[LeakKind, ...]


def needless_kinds(category: str) -> frozenset[LeakKind]:
    """What the receiver of a need of this service category need not read in a text."""
    return ALWAYS_NEEDLESS if category.startswith(WITH_HEALTH) else ALWAYS_NEEDLESS | {LeakKind.health_detail}


def offer_masked(text: str, people: Sequence[Known], category: str) -> MaskedOffer | None:
    """The masked version of a text about these people; None if it tells nothing that the service does not need.

    Examples
    --------
    >>> offer_masked("请打13800001234，早饭没人做", [], "B01").masked
    '请打〔…〕，早饭没人做'
    >>> offer_masked("早饭没人做", [], "B01") is None
    True
    """
    kinds = needless_kinds(category)
    leaks = find_identifying(text, people, kinds)
    if not leaks:
        return None
    return MaskedOffer(mask_text(text, people, kinds), tuple(dict.fromkeys(leak.kind for leak in leaks)))
