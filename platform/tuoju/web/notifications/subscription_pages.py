"""Group robots and integrators' webhooks: who receives notifications of a region, and what each was sent."""

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
from tuoju.web.kit.forms import BlankForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.notifications.views import (
    SubscriptionForm,
    SubscriptionPage,
    SubscriptionsPage,
    message_rows,
    subscription_row,
)
from tuoju.words.languages import gettext as _
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import RecipientType
from tuoju_notifications.overview import find_messages_to

router = APIRouter(prefix="/deliveries/subscriptions", dependencies=[needs(Action.manage_subscriptions)])


@router.get("")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """All subscriptions, and the form for another."""
    form = BlankForm(
        {"form": "wecom", "urgent_only": "false", "region_code": actor.region_code},
        required=required_of(SubscriptionInput),
    )
    return _page(request, session, actor, form)


def _page(
    request: Request, session: Session, actor: Actor, form: SubscriptionForm, status: int = 200, secret: str = ""
) -> Response:
    require(actor, Action.manage_subscriptions)
    own = actor.region_code or ""
    codes = [own, *(region.code for region in find_children(session, own))]
    subscriptions = find_subscriptions(session, actor)
    places = names(session, {*codes, *(subscription.region_code for subscription in subscriptions)})
    view = SubscriptionsPage(
        rows=[subscription_row(subscription, places) for subscription in subscriptions],
        regions=[(code, places[code]) for code in codes],
        form=form,
        secret=secret,
    )
    return render(request, view, status)


@router.post("")
def add(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Add a subscription. The secret of a webhook is on this page once, and nowhere else."""
    require(actor, Action.manage_subscriptions)
    filled = fill(form, SubscriptionInput)
    if filled.model is None:
        return _page(request, session, actor, filled, 422)
    _subscription, secret = add_subscription(session, actor, filled.model)
    if secret:
        blank = BlankForm({"form": "webhook", "region_code": actor.region_code}, required=filled.required)
        return _page(request, session, actor, blank, secret=secret)
    return redirect(request, "/deliveries/subscriptions", _("It gets notifications from now on."))


@router.get("/{subscription_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, subscription_id: PathId) -> Response:
    """What was sent to it, and what became of each message."""
    subscription = get_subscription(session, actor, subscription_id)
    recipient_type = RecipientType.integrator if subscription.channel is Channel.webhook else RecipientType.group
    view = SubscriptionPage(
        name=subscription.name,
        channel=subscription.channel,
        place=names(session, {subscription.region_code})[subscription.region_code],
        messages=message_rows(find_messages_to(session, recipient_type, subscription.pk)),
    )
    return render(request, view)


@router.post("/{subscription_id}/stop")
def stop(request: Request, session: WriteSession, actor: CurrentActor, subscription_id: PathId, form: Form) -> Response:
    """Send nothing more to it."""
    stop_subscription(session, actor, subscription_id)
    return redirect(request, "/deliveries/subscriptions", _("It gets no more notifications."))
