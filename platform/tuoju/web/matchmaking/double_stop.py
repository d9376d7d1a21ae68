"""The stop before the same service or project is sent to one person twice: what there is, and a reason (救助链)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from tuoju.referrals.doubles import Double, require_reason
from tuoju.referrals.errors import SentTwice
from tuoju.web.kit.dependencies import OF_THE_PAGE, address_of
from tuoju.web.kit.forms import BlankForm
from tuoju.web.kit.rendering import render
from tuoju.web.kit.views import View
from tuoju.words.formats import china_date
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

MAX_REASON_LENGTH = 200
REASON = "repeat_reason"


@dataclass(frozen=True)
class DoubleStop(View):
    """What the person has already, and the form to go on with a reason."""

    template: ClassVar[str] = "matchmaking/double_stop.html"
    action: str
    back_url: str
    doubles: Sequence[str]
    form: BlankForm
    fields: Sequence[tuple[str, str]]


def stop_for_double(request: Request, form: FormData, doubles: Sequence[Double], reason: str) -> Response | None:
    """The page to answer with instead of sending; None if there is no double or the reason is given."""
    try:
        require_reason(doubles, reason)
    except SentTwice:
        hidden = OF_THE_PAGE | {REASON}
        page = DoubleStop(
            action=address_of(request),
            back_url=address_of(request).removesuffix("/referrals") + "/matches",
            doubles=doubles_in_words(doubles),
            form=BlankForm({REASON: reason}, required=frozenset({REASON})),
            fields=[(name, text) for name, text in form.multi_items() if isinstance(text, str) and name not in hidden],
        )
        return render(request, page, 422)
    return None


def doubles_in_words(doubles: Sequence[Double]) -> list[str]:
    """One line for each: service, project and day."""
    return [_in_words(double) for double in doubles]


def _in_words(double: Double) -> str:
    live = _("%(service)s · %(project)s, since %(day)s")
    ended = _("%(service)s · %(project)s, referred on %(day)s and completed")
    return (live if double.is_live else ended) % {
        "service": label("service_type", double.category),
        "project": double.project,
        "day": china_date(double.requested_on),
    }
