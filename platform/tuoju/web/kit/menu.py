"""The main menu: what each person may open, in the order of use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.words.languages import gettext as _
from tuoju.worklists.badges import Badge

IN_AND_OUT = (
    Action.record_residents,
    Action.read_residents,
    Action.record_cases,
    Action.keep_funds,
    Action.record_visits,
    Action.read_need_texts,
    Action.manage_projects,
    Action.manage_accounts,
)
"""Who may do one of these brings some list in or out of Excel."""


class Shelf(Enum):
    """Where an entry stands: in the bar, in the bar of a wide screen only, or behind "More"."""

    bar = "bar"
    wide = "wide"
    more = "more"


@dataclass(frozen=True)
class MenuItem:
    """One entry. `count` is shown unless it is 0; `url` then leads to just what is counted."""

    url: str
    words: str
    here: bool
    shelf: Shelf
    count: int = 0

    @property
    def in_bar(self) -> bool:
        """Whether it stands in the bar of a wide screen."""
        return self.shelf is not Shelf.more

    @property
    def on_phone(self) -> bool:
        """Whether it stands in the bar of a phone."""
        return self.shelf is Shelf.bar


@dataclass(frozen=True)
class _Entry:
    path: str
    words: str
    is_shown: bool
    shelf: Shelf = Shelf.more
    badge: Badge | None = None
    counted: str = ""
    """The address of what the badge counts."""


def menu_of(actor: Actor, path: str, badges: Mapping[Badge, int]) -> Sequence[MenuItem]:
    """The entries for somebody who is at `path`."""
    entries = [entry for entry in (*_daily(actor), *_rare(actor)) if entry.is_shown]
    lit = max((entry.path for entry in entries if _is_at(path, entry.path)), key=len, default="")
    return [_item(entry, badges.get(entry.badge, 0) if entry.badge else 0, entry.path == lit) for entry in entries]


def _item(entry: _Entry, count: int, here: bool) -> MenuItem:
    return MenuItem(entry.counted if count and entry.counted else entry.path, entry.words, here, entry.shelf, count)


def _is_at(path: str, entry: str) -> bool:
    """Whether the page lies under an entry."""
    return path == entry or (path.startswith(f"{entry}/") if entry != "/" else path.startswith("/worklists/"))


def _daily(actor: Actor) -> Sequence[_Entry]:
    """What is opened every day. A bar of a phone holds at most four of them, beside "More"."""
    reads_cases, reads_residents = may(actor, Action.read_cases), may(actor, Action.read_residents)
    is_charity, is_manager = actor.organization_id is not None, actor.role is Role.program_manager
    steers = Shelf.bar if is_manager else Shelf.more
    inbox = Badge.inbox if is_charity else None
    return (
        _Entry("/", _("My day"), True, Shelf.bar),
        _Entry("/residents", _("Residents"), reads_residents, Shelf.bar),
        _Entry("/cases", _("Cases"), reads_cases, Shelf.wide),
        _Entry("/needs", _("Needs"), reads_cases, Shelf.bar),
        _Entry(
            "/referrals",
            _("Inbox") if is_charity else _("Referrals"),
            may(actor, Action.read_referrals),
            Shelf.bar,
            inbox,
            "/referrals?state=requested",
        ),
        _Entry("/deadlines", _("Deadlines"), reads_cases, Shelf.wide, Badge.deadlines, "/deadlines?only=now"),
        _Entry("/alerts", _("Alerts"), reads_residents, Shelf.wide, Badge.alerts),
        _Entry("/summaries", _("Monthly summaries"), may(actor, Action.read_summaries), Shelf.wide),
        _Entry("/funds", _("Society funds"), may(actor, Action.keep_funds), Shelf.wide),
        _Entry("/figures", _("Figures"), may(actor, Action.read_figures), steers),
        _Entry("/plans", _("Plans"), may(actor, Action.read_plans), Shelf.wide),
        _Entry("/projects", _("Projects"), True, Shelf.more if reads_cases else Shelf.bar),
        _Entry("/accounts", _("Accounts"), may(actor, Action.manage_accounts), Shelf.wide if is_charity else Shelf.bar),
        _Entry("/audit", _("Audit"), may(actor, Action.read_audit), Shelf.bar),
        _Entry("/deliveries", _("Notification centre"), may(actor, Action.manage_deliveries), Shelf.wide),
        _Entry("/operations", _("Operations"), may(actor, Action.manage_deliveries), Shelf.wide),
    )


def _rare(actor: Actor) -> Sequence[_Entry]:
    """What stands behind "More" for everybody."""
    return (
        _Entry("/supervision", _("Supervision"), may(actor, Action.read_summaries)),
        _Entry("/confirmations", _("Call-backs and spot checks"), may(actor, Action.confirm_outcomes)),
        _Entry("/protection", _("Reports of danger"), may(actor, Action.read_alarms)),
        _Entry("/overrides", _("Emergency referrals to review"), may(actor, Action.review_overrides)),
        _Entry("/duplicates", _("Files that may be about one person"), may(actor, Action.settle_duplicates)),
        _Entry("/funding/calls", _("Calls for projects"), may(actor, Action.manage_calls)),
        _Entry("/calls", _("Calls for projects"), may(actor, Action.apply_for_funding)),
        _Entry("/applications", _("My applications"), may(actor, Action.apply_for_funding)),
        _Entry("/ranking", _("Ranking"), may(actor, Action.read_ranker)),
        _Entry("/erasures", _("Erasures"), may(actor, Action.approve_erasures)),
        _Entry("/readings", _("Use of personal data"), may(actor, Action.supervise_readings)),
        _Entry("/jobs", _("Imports and exports"), any(may(actor, action) for action in IN_AND_OUT)),
        _Entry("/deliveries/subscriptions", _("Groups and integrators"), may(actor, Action.manage_subscriptions)),
        _Entry("/papers", _("Blank forms"), True),
        _Entry("/policies", _("Policies"), True),
        _Entry("/calendar", _("Working-day calendar"), True),
        _Entry("/notifications", _("Notifications"), True),
        _Entry("/audit/own", _("What I opened"), True),
    )
