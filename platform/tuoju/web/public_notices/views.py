"""View object of the village board."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from tuoju.cases.policies import Policy
from tuoju.relief.models import PublicNotice
from tuoju.web.kit.views import View
from tuoju.words.formats import yuan
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _


@dataclass(frozen=True)
class NoticeRow:
    """A public notice in words."""

    shown_name: str
    cause: str
    help_words: str
    remark: str
    relieved_on: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class BoardPage(View):
    """The public notices of a village."""

    template: ClassVar[str] = "public_notices/board.html"
    place: str
    objection_within: int
    """Working days within which an objection is answered."""
    telephone: str
    notices: Sequence[NoticeRow]
    policy_words: str
    """Title and citation of the policy that the notices follow."""


def board_page(place: str, notices: Sequence[PublicNotice], policy: Policy, *, telephone: str) -> BoardPage:
    """`telephone` takes objections; "" where the society has given none."""
    return BoardPage(
        place=place,
        objection_within=policy.objection_within,
        telephone=telephone,
        notices=[
            NoticeRow(
                shown_name=notice.shown_name,
                cause=label("hardship_cause", notice.cause),
                help_words=_help_words(notice),
                remark=notice.remark,
                relieved_on=str(notice.relieved_on or _("To be decided after the public notice")),
                first_day=notice.first_day,
                last_day=notice.last_day,
            )
            for notice in notices
        ],
        policy_words=_("Policy: %(rule)s") % {"rule": f"{policy.title}{_(' (')}{policy.citation}{_(')')}"},
    )


def _help_words(notice: PublicNotice) -> str:
    """The amount and the forms of help; where there is neither, that only services were given."""
    helps = "、".join(label("help", form) for form in notice.helps)
    if not notice.amount_fen:
        return helps or _("Services, no money")
    return f"¥{yuan(notice.amount_fen)} {helps}".rstrip()
