"""The stop before a text goes to a charity that tells more of a person than the service needs: masked, in one tap."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts import audit
from tuoju.accounts.permissions import Principal
from tuoju.regions.queries import county_of
from tuoju.residents.disclosure import offer_masked
from tuoju.residents.leaks.kinds import LeakKind
from tuoju.residents.linter import linters_of
from tuoju.residents.models import Resident
from tuoju.web.kit.dependencies import OF_THE_PAGE, address_of
from tuoju.web.kit.rendering import render
from tuoju.web.kit.views import View

CHOICE = "privacy"
AS_WRITTEN = "as_written"


@dataclass(frozen=True)
class DisclosureStop(View):
    """What a text tells of a person, the text masked, and both forms to go on with."""

    template: ClassVar[str] = "disclosure_stop.html"
    action: str
    kinds: list[LeakKind]
    before_and_after: list[tuple[str, str]]
    """Each text as written and as masked."""
    masked_fields: list[tuple[str, str]]
    fields: list[tuple[str, str]]


def stop_for_disclosure(
    request: Request,
    session: Session,
    principal: Principal,
    form: FormData,
    names: Collection[str],
    resident: Resident,
    category: str,
) -> Response | None:
    """The page to answer with instead of passing on the texts of these fields; None if they may go.

    Call it after `stop_for_danger`, whose answer goes on with the form.
    """
    people = linters_of(session, [resident])[resident.pk].people
    offers = {
        text: offer
        for name in names
        if isinstance(text := form.get(name, ""), str) and (offer := offer_masked(text, people, category)) is not None
    }
    if not offers:
        return None
    if form.get(CHOICE) == AS_WRITTEN:
        kinds = ",".join(sorted({kind for offer in offers.values() for kind in offer.kinds}))
        audit.record(
            session,
            principal,
            "pass_on_as_written",
            resident,
            scope=county_of(session, resident.region_code),
            kinds=kinds,
        )
        return None
    alarm_id = getattr(request.state, "alarm_id", None)
    hidden = OF_THE_PAGE | {CHOICE} | ({"alarm"} if alarm_id else set())
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in hidden]
    fields += [("alarm", str(alarm_id))] if alarm_id else []
    page = DisclosureStop(
        action=address_of(request),
        kinds=list(dict.fromkeys(kind for offer in offers.values() for kind in offer.kinds)),
        before_and_after=[(text, offer.masked) for text, offer in offers.items()],
        masked_fields=[
            (name, offers[value].masked if name in names and value in offers else value) for name, value in fields
        ],
        fields=fields,
    )
    return render(request, page, 422)
