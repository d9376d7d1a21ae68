"""The operator's page: which parts are in order, and what to do about those that are not."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.metadata import version

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.audit_anchors import anchor_state
from tuoju.accounts.permissions import Action, require
from tuoju.cases.attachments import last_sweep
from tuoju.database.clock_check import DOUBTED, HOLD
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.jobs.queries import count_failed, count_stale
from tuoju.regions.calendar import china_day, missing_year
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, settings_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import render
from tuoju.web.operations.views import OperationsPage, PartCard
from tuoju.words.formats import china_time
from tuoju.words.labels import label
from tuoju.words.languages import N_, ngettext
from tuoju.words.languages import gettext as _
from tuoju_notifications.celery_app import CLOCKWORK, JOBS, LONG_WORK, queue_of
from tuoju_notifications.heartbeats import (
    BACKUP,
    BACKUP_TOLERANCE,
    last_seen,
    queue_states,
    scheduler_is_alive,
    scheduler_last_seen,
)
from tuoju_notifications.kinds import Urgency
from tuoju_notifications.overview import count_dead
from tuoju_projects.queries import count_stale_places

router = APIRouter(prefix="/operations", dependencies=[needs(Action.manage_deliveries)])
STALE_PLACES = timedelta(days=30)
"""After so long without a word, the ranking takes stated places for old news (tuoju_matching.features.FRESH_DAYS)."""
TWO_SWEEPS = timedelta(days=2)
"""Files are swept once a day."""
_QUEUE_NAMES = {
    queue_of(Urgency.urgent): N_("Urgent notifications"),
    queue_of(Urgency.normal): N_("Other notifications"),
    queue_of(Urgency.digest): N_("Daily summaries"),
    CLOCKWORK: N_("Periodic work"),
    JOBS: N_("Queue of imports and exports"),
    LONG_WORK: N_("Plans and learning"),
}
_DATABASES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
_TONES = ("stop", "wait", "calm")


@router.get("")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """All parts of the installation, those to mend first."""
    require(actor, Action.manage_deliveries)
    settings = settings_of(request)
    broker = _broker_card(settings.broker_problem)  # before the session takes a connection: this may take seconds
    parts = [PartCard(_("Database"), "calm", _("It answers.")), broker]
    parts += [_scheduler_card(session), *_queue_cards(session), _dead_letter_card(session), _backup_card(session)]
    parts += [
        _clock_card(session),
        _files_card(session),
        _messages_card(settings.damaged_messages),
        _jobs_card(session),
        _calendar_card(session),
        _anchor_card(session, settings.audit_anchor_minutes),
        _places_card(session),
    ]
    unsettled = sum(part.tone != "calm" for part in parts)
    view = OperationsPage(
        headline=ngettext("%(count)s part needs you.", "%(count)s parts need you.", unsettled) % {"count": unsettled}
        if unsettled
        else _("Everything is in order."),
        parts=sorted(parts, key=lambda part: _TONES.index(part.tone)),
        version=version("tuoju"),
        environment=label("environment", settings.environment),
        database=_DATABASES[session.get_bind().dialect.name],
    )
    return render(request, view)


def _broker_card(find_problem: Callable[[], str]) -> PartCard:
    name = _("Message broker")
    if not find_problem():
        return PartCard(name, "calm", _("It answers."))
    return PartCard(
        name,
        "stop",
        _("It does not answer. Pages work, and notifications wait until it is back."),
        _("Start it again. On the server, tuoju check says what is wrong."),
    )


def _scheduler_card(session: Session) -> PartCard:
    name, last = _("Scheduler"), scheduler_last_seen(session)
    if scheduler_is_alive(session):
        return PartCard(name, "calm", _("It works."))
    sentence = (
        _("It has been silent since %(time)s. Deadlines, reminders and daily summaries wait.")
        % {"time": china_time(last)}
        if last
        else _("It has never run here. Deadlines, reminders and daily summaries wait.")
    )
    return PartCard(name, "stop", sentence, _("Start the scheduler on the server."))


def _queue_cards(session: Session) -> Iterator[PartCard]:
    for state in queue_states(session):
        name = _(_QUEUE_NAMES[state.queue])
        if state.is_served:
            yield PartCard(name, "calm", _("A worker takes them."))
            continue
        sentence = (
            _("Nothing has been taken since %(time)s.") % {"time": china_time(state.last_seen)}
            if state.last_seen
            else _("No worker has ever taken one.")
        )
        remedy = _("Start a worker for the queue %(queue)s, or more of them if it is behind.") % {"queue": state.queue}
        yield PartCard(name, "stop", sentence, remedy)


def _dead_letter_card(session: Session) -> PartCard:
    name, count = _("Notifications not delivered"), count_dead(session)
    if not count:
        return PartCard(name, "calm", _("None."), url="/deliveries")
    sentence = ngettext("%(count)s was given up.", "%(count)s were given up.", count) % {"count": count}
    return PartCard(name, "wait", sentence, _("See why, and send them again."), "/deliveries")


def _backup_card(session: Session) -> PartCard:
    name, last = _("Backup"), last_seen(session, BACKUP)
    if last is None:
        return PartCard(name, "stop", _("No backup is known."), _("Run tuoju backup on the server, every day."))
    sentence = _("The last one ended at %(time)s.") % {"time": china_time(last)}
    if now() - last > BACKUP_TOLERANCE:
        return PartCard(name, "stop", sentence, _("It is too old. Find out why the daily backup did not run."))
    return PartCard(name, "calm", sentence)


def _clock_card(session: Session) -> PartCard:
    name, doubted = _("Clock"), last_seen(session, DOUBTED)
    if doubted is None or now() - doubted > HOLD:
        return PartCard(name, "calm", _("Nobody doubts it."))
    sentence = _("It was doubted at %(time)s. Until it is trusted again, nothing expires and no reminder is sent.")
    remedy = _("Set the clocks of the machines and of the database. An hour later everything goes on by itself.")
    return PartCard(name, "wait", sentence % {"time": china_time(doubted)}, remedy)


def _files_card(session: Session) -> PartCard:
    name, sweep = _("Files"), last_sweep(session, now() - TWO_SWEEPS)
    if sweep is None or not (sweep.stopped or sweep.strays):
        return PartCard(name, "calm", _("Every file belongs to a record."))
    if sweep.stopped:
        sentence = _("%(count)s files belong to no record, so the database may be older than the files.")
        remedy = _("Nothing was moved. Put the newer database back, or move these files away yourself.")
        return PartCard(name, "stop", sentence % {"count": sweep.strays}, remedy)
    sentence = _("%(count)s files that belong to no record were moved aside. They are destroyed after 35 days.")
    return PartCard(name, "calm", sentence % {"count": sweep.strays})


def _messages_card(count_damaged: Callable[[], int]) -> PartCard:
    name, count = _("Messages of the queue"), count_damaged()
    if not count:
        return PartCard(name, "calm", _("None was damaged."))
    sentence = _("%(count)s could not be read and were moved aside. What they asked for is done again by itself.")
    return PartCard(name, "wait", sentence % {"count": count}, _("If there are more each day, check the disk."))


def _jobs_card(session: Session) -> PartCard:
    name, moment = _("Imports and exports"), now()
    with system_scope(session, Escape.metrics):
        failed, stale = count_failed(session, moment), count_stale(session, moment)
    if stale:
        sentence = ngettext("%(count)s is not being worked on.", "%(count)s are not being worked on.", stale)
        return PartCard(name, "stop", sentence % {"count": stale}, _("Start a worker for the queue jobs."))
    if failed:
        sentence = ngettext("%(count)s broke this week.", "%(count)s broke this week.", failed)
        return PartCard(name, "wait", sentence % {"count": failed}, _("Look for job_failed in the log of the worker."))
    return PartCard(name, "calm", _("None is stuck."))


def _calendar_card(session: Session) -> PartCard:
    name, year = _("Working-day calendar"), missing_year(session, china_day(now()))
    if year is None:
        return PartCard(name, "calm", _("All years that are needed are loaded."), url="/calendar")
    sentence = _("The holidays of %(year)s are missing, so due dates are provisional.") % {"year": year}
    return PartCard(name, "wait", sentence, _("Load them when they are published."), "/calendar")


def _anchor_card(session: Session, minutes: int) -> PartCard:
    name, anchors = _("Audit"), anchor_state(session, timedelta(minutes=minutes))
    if anchors.problem:
        sentence = _("It is not anchored outside the database.")
        return PartCard(name, "stop", sentence, _("The page of the audit says why."), "/audit")
    return PartCard(name, "calm", _("It is anchored outside the database."), url="/audit")


def _places_card(session: Session) -> PartCard:
    name, count = _("Places of projects"), count_stale_places(session, now() - STALE_PLACES)
    if not count:
        return PartCard(name, "calm", _("All were confirmed within 30 days."), url="/projects")
    sentence = ngettext(
        "%(count)s open project has not confirmed its places for 30 days.",
        "%(count)s open projects have not confirmed their places for 30 days.",
        count,
    ) % {"count": count}
    return PartCard(name, "wait", sentence, _("Ask the charities to confirm them."), "/projects")
