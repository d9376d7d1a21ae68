"""Deliveries, for administrators: what was sent, waits or did not arrive, and the text of each message."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from jinja2 import TemplateError
from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import names_of
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import LANGUAGES
from tuoju.words.languages import gettext as _
from tuoju.words.notifications import sentence, trouble
from tuoju_notifications.administration import NotDead, pause_channel, replay, resume_channel
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification
from tuoju_notifications.overview import find_messages, history_of, overview
from tuoju_notifications.rendering import SAMPLE, Message, Templates
from tuoju_notifications.status import DEAD, NotificationState

router = APIRouter(prefix="/deliveries")
SCOPE = "accounts"
PAGE = 50
TEMPLATES = Templates()


@router.get("")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    require(actor, Action.manage_deliveries)
    dead = find_messages(session, states=DEAD, limit=PAGE)
    return render(
        request,
        "notifications/delivery/show.html",
        overview=overview(session),
        dead=dead,
        trouble=trouble,
        sentence=sentence,
    )


@router.get("/messages")
def messages(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    q: str = "",
    channel: Channel | None = None,
    state: NotificationState | None = None,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Messages of all channels, the latest first; `q` is a number of the matter, a key or a reference."""
    require(actor, Action.manage_deliveries)
    found = find_messages(
        session,
        states=frozenset({state}) if state else None,
        channel=channel,
        word=q.strip(),
        before_id=before,
        limit=PAGE + 1,
    )
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    return render(
        request,
        "notifications/delivery/messages.html",
        found=found[:PAGE],
        q=q,
        channel=channel,
        state=state,
        before=more,
        trouble=trouble,
        sentence=sentence,
    )


@router.get("/messages/{notification_id}")
def message(request: Request, session: ReadSession, actor: CurrentActor, notification_id: PathId) -> Response:
    """One message's whole history, and what it says. Its address stays sealed, and its link leads to a sign-in."""
    notification = _get(session, actor, notification_id)
    events = history_of(session, notification)
    people = names_of(session, {each.by_id for each in events})
    return render(
        request,
        "notifications/delivery/message.html",
        notification=notification,
        events=events,
        people=people,
        says=_says(request, notification),
        trouble=trouble,
        sentence=sentence,
    )


def _says(request: Request, notification: Notification) -> Message | None:
    if notification.channel is Channel.in_app:
        return None
    try:
        return TEMPLATES.render(notification, f"{str(request.base_url).rstrip('/')}{notification.link}")
    except TemplateError:
        return None


def _get(session: Session, actor: Actor, notification_id: int) -> Notification:
    require(actor, Action.manage_deliveries)
    notification = session.get(Notification, notification_id)
    if notification is None:
        raise HTTPException(404)
    return notification


@router.post("/messages/{notification_id}/replay")
def send_again(
    request: Request, session: WriteSession, actor: CurrentActor, notification_id: PathId, form: Form
) -> Response:
    """Two administrators at once send it once."""
    notification = _get(session, actor, notification_id)
    words = _("It is on its way again.")
    try:
        replay(session, notification, by_id=actor.user_id)
    except NotDead:
        words = _("It is already on its way.")
    else:
        audit.record(session, actor, "replay_notification", notification, scope=SCOPE)
    return redirect(request, f"/deliveries/messages/{notification_id}", words)


@router.post("/channels/{channel}/{verb}")
def switch(
    request: Request, session: WriteSession, actor: CurrentActor, channel: Channel, verb: str, form: Form
) -> Response:
    """Pause a channel, or let it go on; what is written meanwhile waits and is lost to nobody."""
    require(actor, Action.manage_deliveries)
    if channel is Channel.in_app or verb not in ("pause", "resume"):
        raise HTTPException(404)
    if verb == "pause":
        pause_channel(session, channel, by_id=actor.user_id)
        words = _("%(channel)s is paused. Messages wait.")
    else:
        resume_channel(session, channel)
        words = _("%(channel)s goes on. What waited leaves now.")
    audit.record(session, actor, f"{verb}_channel", channel.value, scope=SCOPE)
    return redirect(request, "/deliveries", words % {"channel": label("channel", channel)})


@router.get("/templates")
def templates(
    request: Request, actor: CurrentActor, channel: Channel = Channel.email, to: Annotated[str, Query()] = ""
) -> Response:
    """What every kind says by a channel, in a language, with sample data."""
    require(actor, Action.manage_deliveries)
    spoken = to if to in LANGUAGES else "zh_CN"
    samples = [_sample(kind, channel, spoken) for kind in NotificationKind]
    shown = [(each, TEMPLATES.render(each, _("(a link)"))) for each in samples]
    return render(
        request, "notifications/delivery/templates.html", shown=shown, channel=channel, spoken=spoken, sentence=sentence
    )


def _sample(kind: NotificationKind, channel: Channel, spoken: str) -> Notification:
    return Notification(
        key="",
        group_key="",
        kind=kind,
        channel=channel,
        urgency=kind.urgency,
        recipient_id=0,
        language=spoken,
        link="",
        parameters=dict(SAMPLE),
    )
