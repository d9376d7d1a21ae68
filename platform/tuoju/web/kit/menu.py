"""The main menu: what each person may open, in the order of use."""

from dataclasses import dataclass

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.words.languages import gettext as _

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


@dataclass(frozen=True)
class MenuItem:
    """One entry. `rare` ones are left out of the menu bar of a phone; `count` is shown unless it is 0."""

    path: str
    words: str
    here: bool
    rare: bool = False
    count: int = 0


def menu_of(actor: Actor, path: str, unread: int) -> list[MenuItem]:
    """The entries for somebody who is at `path` and has `unread` notifications."""
    reads_residents, reads_figures = may(actor, Action.read_residents), may(actor, Action.read_figures)
    entries = (
        ("/", _("Home"), True, False),
        ("/residents", _("Residents"), reads_residents, False),
        ("/needs", _("Needs"), may(actor, Action.read_cases), False),
        (
            "/referrals",
            _("Inbox") if actor.organization_id else _("Referrals"),
            may(actor, Action.read_referrals),
            False,
        ),
        ("/figures", _("Figures"), reads_figures, False),
        ("/plans", _("Plans"), may(actor, Action.read_plans), False),
        ("/funding/calls", _("Calls for projects"), may(actor, Action.manage_calls), True),
        ("/calls", _("Calls for projects"), may(actor, Action.apply_for_funding), True),
        ("/applications", _("My applications"), may(actor, Action.apply_for_funding), True),
        ("/ranking", _("Ranking"), may(actor, Action.read_ranker), True),
        ("/summaries", _("Monthly summaries"), may(actor, Action.read_summaries), True),
        ("/projects", _("Projects"), not reads_residents, reads_figures),
        ("/erasures", _("Erasures"), may(actor, Action.approve_erasures), True),
        ("/jobs", _("Imports and exports"), any(may(actor, action) for action in IN_AND_OUT), True),
        ("/accounts", _("Accounts"), may(actor, Action.manage_accounts), False),
        ("/notifications", _("Notifications"), True, False),
    )
    return [
        MenuItem(
            target,
            words,
            here=path == "/" if target == "/" else path.startswith(target),
            rare=rare,
            count=unread if target == "/notifications" else 0,
        )
        for target, words, shown, rare in entries
        if shown
    ]
