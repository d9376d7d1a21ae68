"""The device queue: its key for a live session, its page, its worker.

What is typed is sealed on the device before it is sent, and removed there only when it is known here
(docs/device-queue.md).
"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.referrals.queries import find_referrals
from tuoju.referrals.status import ReferralState
from tuoju.web.device.views import DevicePage
from tuoju.web.kit.clients import device_of, remember_device
from tuoju.web.kit.dependencies import (
    CurrentActor,
    OpenedLinkDep,
    OwnPageDep,
    ReadSession,
    key_for_form,
    settings_of,
    token_for_forms,
)
from tuoju.web.kit.device_keys import DeviceOwner, account_key, link_key, owner_of_account, owner_of_link
from tuoju.web.kit.gates import Audience, needs, open_to
from tuoju.web.kit.rendering import STATIC, render

router = APIRouter()
KEPT_PAGES = 50
"""Pages that a device may keep for a time without a network, the start page and the lists among them."""
FORM_KEYS = 20
"""Keys for forms that are filled in on kept pages: each is for one effect (kit/once.py)."""
of_a_link = open_to(Audience.link_holder, "what is typed behind a link is sealed by a key of that link")


def _only_scripts(header: str) -> None:
    """A page of another site cannot send the header. Raises HTTPException."""
    if not header:
        raise HTTPException(404)


def _start(request: Request, owner: DeviceOwner, key: str, keep: Sequence[str]) -> JSONResponse:
    content = {
        "owner": owner.name,
        "key": key,
        "token": token_for_forms(request),
        "once": [key_for_form(request) for _number in range(FORM_KEYS)],
        "keep": list(keep),
    }
    return JSONResponse(content, headers={"cache-control": "no-store"})


@router.get("/device/start", dependencies=[needs(Action.keep_own_account)])
def start(
    request: Request, session: ReadSession, actor: CurrentActor, x_device_queue: Annotated[str, Header()] = ""
) -> Response:
    """The key of the account on this device, a token for forms, and the pages that may be kept. Raises NotSignedIn."""
    _only_scripts(x_device_queue)
    settings, device = settings_of(request), device_of(request, actor.user_id)
    owner = owner_of_account(settings, actor.user_id)
    pages = _pages_to_keep(session, actor)
    if device:
        return _start(request, owner, account_key(settings, actor.user_id, device), pages)
    answer = JSONResponse({"again": True}, headers={"cache-control": "no-store"})
    remember_device(request, answer, actor.user_id)
    return answer


def _pages_to_keep(session: Session, actor: Actor) -> list[str]:
    """The start page, the lists of one's people, and the forms of the visits that are due: open without a network."""
    pages = ["/", "/device"]
    if may(actor, Action.read_residents):
        pages.append("/residents")
    if may(actor, Action.record_residents):
        pages.append("/residents/new?form=full")
    if may(actor, Action.read_cases):
        pages.append("/deadlines")
    if may(actor, Action.record_visits):
        in_service = find_referrals(session, actor, states=[ReferralState.in_progress], limit=KEPT_PAGES)
        pages += [f"/referrals/{referral.pk}/visits/new" for referral, *_ in in_service]
    return pages[:KEPT_PAGES]


@router.get("/answer/{handle}/device", dependencies=[of_a_link])
def start_by_link(request: Request, link: OpenedLinkDep, x_device_queue: Annotated[str, Header()] = "") -> Response:
    """The key of a charity's link."""
    _only_scripts(x_device_queue)
    settings = settings_of(request)
    return _start(request, owner_of_link(settings, link.path), link_key(settings, link.path), [])


@router.get("/progress/{handle}/device", dependencies=[of_a_link])
def start_by_own_page(request: Request, page: OwnPageDep, x_device_queue: Annotated[str, Header()] = "") -> Response:
    """The key of a resident's own page."""
    _only_scripts(x_device_queue)
    settings = settings_of(request)
    return _start(request, owner_of_link(settings, page.path), link_key(settings, page.path), [])


@router.get("/device", dependencies=[needs(Action.keep_own_account)])
def show(request: Request, _actor: CurrentActor) -> Response:
    """What waits on this device."""
    return render(request, DevicePage())


@router.get("/sw.js", dependencies=[open_to(Audience.everybody, "a script that is the same for all")])
def worker() -> Response:
    """The worker, at the root so that it may open every page without a network."""
    source = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("device_store.js", "sw.js"))
    return Response(source, media_type="text/javascript", headers={"cache-control": "no-cache"})
