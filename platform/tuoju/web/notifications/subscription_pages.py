"""Groups' robots and integrators' webhooks: who receives of a region, and what each was told."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.subscriptions import (
    SubscriptionInput,
    add_subscription,
    find_subscriptions,
    get_subscription,
    stop_subscription,
)
from tuoju.regions.queries import find_children, names
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _
from tuoju.words.notifications import sentence, trouble
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import RecipientType
from tuoju_notifications.overview import find_messages_to

router = APIRouter(prefix="/deliveries/subscriptions")


@router.get("")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return _page(
        request, session, actor, BlankForm({"form": "wecom", "urgent_only": "false", "region_code": actor.region_code})
    )


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    form: BlankForm | SubmittedForm[Any],
    status: int = 200,
    secret: str = "",
) -> Response:
    require(actor, Action.manage_deliveries)
    own = actor.region_code or ""
    codes = [own, *(region.code for region in find_children(session, own))]
    rows = find_subscriptions(session, actor)
    places = names(session, {*codes, *(row.region_code for row in rows)})
    return render(
        request,
        "notifications/delivery/subscriptions.html",
        status,
        rows=rows,
        places=places,
        regions=[(code, places[code]) for code in codes],
        form=form,
        secret=secret,
    )


@router.post("")
def add(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """A webhook's secret is on this page once, and nowhere else."""
    require(actor, Action.manage_deliveries)
    filled = fill(form, SubscriptionInput)
    if filled.model is None:
        return _page(request, session, actor, filled, 422)
    _row, secret = add_subscription(session, actor, filled.model)
    if secret:
        return _page(
            request, session, actor, BlankForm({"form": "webhook", "region_code": actor.region_code}), secret=secret
        )
    return redirect(request, "/deliveries/subscriptions", _("It hears from now on."))


@router.get("/{subscription_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, subscription_id: PathId) -> Response:
    """What it was told, and what became of each."""
    row = get_subscription(session, actor, subscription_id)
    form = RecipientType.integrator if row.channel is Channel.webhook else RecipientType.group
    return render(
        request,
        "notifications/delivery/subscription.html",
        row=row,
        place=names(session, {row.region_code})[row.region_code],
        told=find_messages_to(session, form, row.pk),
        trouble=trouble,
        sentence=sentence,
    )


@router.post("/{subscription_id}/stop")
def stop(request: Request, session: WriteSession, actor: CurrentActor, subscription_id: PathId, form: Form) -> Response:
    stop_subscription(session, actor, subscription_id)
    return redirect(request, "/deliveries/subscriptions", _("It is told nothing more."))
