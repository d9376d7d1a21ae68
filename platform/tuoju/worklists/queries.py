"""Everything that waits for one person. Each source is a bounded number of queries, whatever it finds."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.worklists.case_work import CASE_KINDS, MOST, case_work, need_work, prepares
from tuoju.worklists.kinds import VISITS, WorkItem, WorkKind
from tuoju.worklists.oversight import (
    account_work,
    alarm_work,
    alert_work,
    call_work,
    duplicate_work,
    erasure_work,
    override_work,
    own_summary_work,
    plan_work,
    summaries_to_accept,
)
from tuoju.worklists.referral_work import charity_work, complaint_work, sender_work

Source = Callable[[Session, Actor], list[WorkItem]]


@dataclass(frozen=True)
class _Entry:
    action: Action
    """Who may not do it gets no such work."""
    kinds: frozenset[WorkKind]
    read: Source
    for_preparers: bool = False
    """Whether it falls to a chair only in a society without an aide."""


_CHARITY = frozenset({WorkKind.answer_referral, WorkKind.first_visit, WorkKind.promised_visit})
_SENDER = frozenset({WorkKind.unanswered, WorkKind.promised_visit, WorkKind.late_visit, WorkKind.ask_feedback})
_OWN_SUMMARY = frozenset({WorkKind.prepare_summary, WorkKind.sign_summary})

SOURCES: Sequence[_Entry] = (
    _Entry(Action.record_cases, CASE_KINDS, case_work),
    _Entry(Action.send_referrals, frozenset({WorkKind.find_project}), need_work, for_preparers=True),
    _Entry(Action.answer_referrals, _CHARITY, charity_work),
    _Entry(Action.send_referrals, _SENDER, sender_work, for_preparers=True),
    _Entry(Action.answer_complaints, frozenset({WorkKind.answer_complaint}), complaint_work),
    _Entry(Action.read_residents, frozenset({WorkKind.check_alert}), alert_work, for_preparers=True),
    _Entry(Action.review_overrides, frozenset({WorkKind.review_override}), override_work),
    _Entry(Action.handle_alarms, frozenset({WorkKind.handle_alarm}), alarm_work),
    _Entry(Action.settle_duplicates, frozenset({WorkKind.settle_duplicate}), duplicate_work),
    _Entry(Action.accept_summaries, frozenset({WorkKind.accept_summary}), summaries_to_accept),
    _Entry(Action.hand_in_summaries, _OWN_SUMMARY, own_summary_work),
    _Entry(Action.approve_erasures, frozenset({WorkKind.decide_erasure}), erasure_work),
    _Entry(Action.manage_accounts, frozenset({WorkKind.confirm_account}), account_work),
    _Entry(Action.approve_plans, frozenset({WorkKind.approve_plan}), plan_work),
    _Entry(Action.manage_calls, frozenset({WorkKind.confirm_call}), call_work),
)


@dataclass(frozen=True)
class WorkGroup:
    """The things of one kind that wait for a person, in the order in which they are to be done."""

    kind: WorkKind
    items: Sequence[WorkItem]

    @property
    def may_be_more(self) -> bool:
        """Whether only the first MOST were looked at."""
        return len(self.items) >= MOST


def work_of(session: Session, actor: Actor, *, only: WorkKind | None = None) -> list[WorkGroup]:
    """What waits for the actor, by kind in the order of WorkKind: what is due first comes first, visits go village by
    village. With `only` the things of one kind."""
    items = [item for entry in _sources(session, actor, only) for item in entry.read(session, actor)]
    kinds = list(WorkKind) if only is None else [only]
    groups = [WorkGroup(kind, _in_order(kind, [item for item in items if item.kind is kind])) for kind in kinds]
    return [group for group in groups if group.items]


def _sources(session: Session, actor: Actor, only: WorkKind | None) -> Iterator[_Entry]:
    is_preparer = prepares(session, actor)
    for entry in SOURCES:
        is_wanted = only is None or only in entry.kinds
        if is_wanted and may(actor, entry.action) and (is_preparer or not entry.for_preparers):
            yield entry


def _in_order(kind: WorkKind, items: Collection[WorkItem]) -> Sequence[WorkItem]:
    """By the day they are due; visits by village first. Equal ones stay as their source gave them."""
    by_day = sorted(items, key=lambda item: item.due_on or date.max)
    return sorted(by_day, key=lambda item: item.region_code) if kind in VISITS else by_day
