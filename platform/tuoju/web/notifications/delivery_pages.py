"""Deliveries, for administrators: what was sent, waits or did not arrive, and the text of each message."""

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from jinja2 import TemplateError
from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import names_of
from tuoju.accounts.request_context import note_read
from tuoju.accounts.request_limits import Expense
from tuoju.web.kit.bounds import OptionalQueryId, PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession, site_address
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.kit.views import FilterLink
from tuoju.web.notifications.views import (
    DeliveriesPage,
    MessagesPage,
    SampleRow,
    SamplesPage,
    channel_card,
    message_page,
    message_rows,
)
from tuoju.words.labels import label, options
from tuoju.words.languages import LANGUAGES
from tuoju.words.languages import gettext as _
from tuoju.words.notifications import sentence
from tuoju_notifications.administration import NotDead, pause_channel, replay, resume_channel
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification
from tuoju_notifications.overview import find_messages, history_of, overview
from tuoju_notifications.rendering import SAMPLE, Message, Templates
from tuoju_notifications.status import DEAD, NotificationState

router = APIRouter(prefix="/deliveries", dependencies=[needs(Action.manage_deliveries)])
AUDIT_SCOPE = "accounts"
PAGE_SIZE = 50
TEMPLATES = Templates()


@router.get("")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """All channels over the last day, and the messages that did not arrive."""
    require(actor, Action.manage_deliveries)
    figures = overview(session)
    view = DeliveriesPage(
        since=figures.since,
        channels=[channel_card(channel) for channel in figures.channels],
        circuits=figures.circuits,
        dead_letters=message_rows(find_messages(session, states=DEAD, limit=PAGE_SIZE)),
    )
    return render(request, view)


@router.get("/messages", dependencies=[costs(Expense.search, query="q")])
def messages(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    q: str = "",
    channel: Channel | None = None,
    state: NotificationState | None = None,
    before: OptionalQueryId = None,
) -> Response:
    """Messages of all channels, latest first; `q` is the number of a referral or case, a key or a reference."""
    require(actor, Action.manage_deliveries)
    rows = find_messages(
        session,
        states=frozenset({state}) if state else None,
        channel=channel,
        word=q.strip(),
        before_id=before,
        limit=PAGE_SIZE + 1,
    )
    last_id = rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None
    view = MessagesPage(
        q=q,
        channel=channel,
        state=state,
        channel_links=[
            FilterLink(_("All channels"), _messages_url(q=q), channel is None),
            *(
                FilterLink(words, _messages_url(channel=code, q=q), channel == code)
                for code, words in options("channel")
            ),
        ],
        rows=message_rows(rows[:PAGE_SIZE]),
        older_url=_messages_url(before=last_id, q=q, channel=channel, state=state) if last_id else "",
    )
    return render(request, view)


def _messages_url(*, q: str, **parameters: object) -> str:
    filled = {name: value for name, value in {**parameters, "q": q}.items() if value is not None}
    return f"/deliveries/messages?{urlencode(filled, quote_via=quote)}"


@router.get("/messages/{notification_id}")
def message(request: Request, session: ReadSession, actor: CurrentActor, notification_id: PathId) -> Response:
    """One message with its whole history and its text. Its address stays sealed, and its link leads to a sign-in."""
    notification = _get(session, actor, notification_id)
    note_read(notification)
    events = history_of(session, notification)
    people = names_of(session, {event.by_id for event in events})
    return render(request, message_page(notification, events, people, _text_of(request, notification)))


def _text_of(request: Request, notification: Notification) -> Message | None:
    """The text of a message; None in the application, or if it cannot be rendered."""
    if notification.channel is Channel.in_app:
        return None
    try:
        return TEMPLATES.render(notification, f"{site_address(request)}{notification.link}")
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
    """Send a dead letter again; of two administrators who ask for it, one does."""
    notification = _get(session, actor, notification_id)
    words = _("It is being sent again.")
    try:
        replay(session, notification, by_id=actor.user_id)
    except NotDead:
        words = _("It is already being sent.")
    else:
        audit.record(session, actor, "replay_notification", notification, scope=AUDIT_SCOPE)
    return redirect(request, f"/deliveries/messages/{notification_id}", words)


@router.post("/channels/{channel}/pause")
def pause(request: Request, session: WriteSession, actor: CurrentActor, channel: Channel, form: Form) -> Response:
    """Pause a channel. Messages wait until it is resumed."""
    _require_pausable(actor, channel)
    pause_channel(session, channel, by_id=actor.user_id)
    audit.record(session, actor, "pause_channel", channel.value, scope=AUDIT_SCOPE)
    words = _("%(channel)s is paused. Notifications wait.")
    return redirect(request, "/deliveries", words % {"channel": label("channel", channel)})


@router.post("/channels/{channel}/resume")
def resume(request: Request, session: WriteSession, actor: CurrentActor, channel: Channel, form: Form) -> Response:
    """Resume a channel. What waited is sent now."""
    _require_pausable(actor, channel)
    resume_channel(session, channel)
    audit.record(session, actor, "resume_channel", channel.value, scope=AUDIT_SCOPE)
    words = _("%(channel)s has resumed. Waiting notifications are being sent.")
    return redirect(request, "/deliveries", words % {"channel": label("channel", channel)})


def _require_pausable(actor: Actor, channel: Channel) -> None:
    require(actor, Action.manage_deliveries)
    if channel is Channel.in_app:
        raise HTTPException(404)


@router.get("/templates")
def templates(
    request: Request, actor: CurrentActor, channel: Channel = Channel.email, to: Annotated[str, Query()] = ""
) -> Response:
    """What every kind of notification says on a channel, in a language, with sample data."""
    require(actor, Action.manage_deliveries)
    spoken = to if to in LANGUAGES else "zh_CN"
    if channel is Channel.in_app:
        channel = Channel.email  # a notification within the application has no layout of its own
    links = [
        FilterLink(words, f"/deliveries/templates?channel={code}&to={spoken}", channel == code)
        for code, words in options("channel")
        if code != Channel.in_app
    ]
    links += [
        FilterLink(words, f"/deliveries/templates?channel={channel}&to={code}", spoken == code)
        for code, words in LANGUAGES.items()
    ]
    samples = [_sample(kind, channel, spoken) for kind in NotificationKind]
    return render(request, SamplesPage(links, samples))


def _sample(kind: NotificationKind, channel: Channel, spoken: str) -> SampleRow:
    notification = Notification(
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
    return SampleRow(sentence(notification), kind.urgency, kind.channels, TEMPLATES.render(notification, _("(a link)")))
