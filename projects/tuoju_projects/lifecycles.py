"""The lawful steps of the funding cycle: one table for each of its eight kinds of rows.

Each table drives the verbs, the buttons, docs/funding.md and the tests of its state machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tuoju_projects.errors import IllegalStep
from tuoju_projects.funding_status import (
    ActivityState,
    ActivityVerb,
    AgreementState,
    AgreementVerb,
    ApplicationState,
    ApplicationVerb,
    CallState,
    CallVerb,
    ChangeState,
    ChangeVerb,
    Hat,
    ReviewState,
    ReviewVerb,
    SpendingState,
    SpendingVerb,
    TrancheState,
    TrancheVerb,
)


@dataclass(frozen=True)
class Step:
    """What one verb does in one state.

    Attributes
    ----------
    targets
        The state after the step. Where there are several, a fact chooses among them: what was declared, whether the
        agreement was ended early, where the tranche was before it was held.
    hat
        Who may take the step.
    second
        Whether a second person with that hat has to confirm it.
    guard
        What has to hold, in words; the verb checks it.
    """

    targets: tuple[StrEnum, ...]
    hat: Hat
    guard: str = ""
    second: bool = False


@dataclass(frozen=True)
class Lifecycle:
    """The steps of one kind of row, and where it begins and ends."""

    name: str
    initial: StrEnum
    steps: Mapping[tuple[StrEnum, StrEnum], Step]

    @property
    def states(self) -> tuple[StrEnum, ...]:
        return tuple(type(self.initial))

    @property
    def final(self) -> frozenset[StrEnum]:
        """The states that no step leaves."""
        return frozenset(self.states) - {state for state, _ in self.steps}

    def verbs_from(self, state: StrEnum, hat: Hat) -> tuple[StrEnum, ...]:
        """The verbs that `hat` may use in `state`, in the order of the table."""
        return tuple(verb for (start, verb), step in self.steps.items() if start is state and step.hat is hat)

    def after(self, state: StrEnum, verb: StrEnum, target: StrEnum | None = None) -> StrEnum:
        """The state after the step; `target` where the table leaves a choice. Raises IllegalStep, and ValueError for a
        target that the step does not lead to."""
        step = self.steps.get((state, verb))
        if step is None:
            raise IllegalStep(self.name, state, verb)
        if target is None and len(step.targets) == 1:
            return step.targets[0]
        if target is None or target not in step.targets:
            raise ValueError(f"{verb} leads from {state} to one of {', '.join(step.targets)}, not to {target}")
        return target


def _lifecycle(name: str, initial: StrEnum, *rows: tuple[tuple[StrEnum, ...], StrEnum, Step]) -> Lifecycle:
    return Lifecycle(name, initial, {(state, verb): step for states, verb, step in rows for state in states})


_C, _CV = CallState, CallVerb
CALL = _lifecycle(
    "call",
    _C.draft,
    (
        (_C.draft,),
        _CV.publish,
        Step((_C.open,), Hat.manager, "criteria sum to 100; budget above 0; dates in order; rules copied", second=True),
    ),
    ((_C.open,), _CV.extend, Step((_C.open,), Hat.manager, "before closing; published; every applicant notified")),
    ((_C.open,), _CV.close, Step((_C.screening,), Hat.clock, "at the closing time")),
    (
        (_C.screening,),
        _CV.start_review,
        Step((_C.review,), Hat.manager, "every application eligible, or ineligible with a reason; reviewers assigned"),
    ),
    (
        (_C.review,),
        _CV.close_review,
        Step((_C.deliberation,), Hat.manager, "every application has the fewest reviews allowed, or a named exception"),
    ),
    (
        (_C.deliberation,),
        _CV.decide,
        Step((_C.notice,), Hat.panel, "two thirds present; a decision for each; awards within the budget; minutes"),
    ),
    (
        (_C.notice,),
        _CV.end_notice,
        Step((_C.contracting,), Hat.clock, "the days of the notice are over; no objection to an award is open"),
    ),
    (
        (_C.contracting,),
        _CV.complete,
        Step((_C.running,), Hat.manager, "every award is signed, declined or lapsed"),
    ),
    ((_C.running,), _CV.finish, Step((_C.closed,), Hat.manager, "every agreement is completed or terminated")),
    (
        (_C.draft, _C.open, _C.screening, _C.review, _C.deliberation),
        _CV.cancel,
        Step((_C.cancelled,), Hat.manager, "a reason, published", second=True),
    ),
)

_A, _AV = ApplicationState, ApplicationVerb
APPLICATION = _lifecycle(
    "application",
    _A.draft,
    (
        (_A.draft,),
        _AV.submit,
        Step((_A.submitted,), Hat.charity, "required fields; blind text checked; before closing; version frozen"),
    ),
    ((_A.submitted,), _AV.reopen_by_applicant, Step((_A.draft,), Hat.charity, "before closing")),
    (
        (_A.submitted,),
        _AV.ask,
        Step((_A.completion_asked,), Hat.screener, "papers and sums of the budget only; once; due in 3 working days"),
    ),
    ((_A.completion_asked,), _AV.complete, Step((_A.submitted,), Hat.charity, "only the fields that were asked for")),
    ((_A.submitted,), _AV.accept, Step((_A.eligible,), Hat.screener, "every item of the pre-check is yes")),
    (
        (_A.submitted, _A.completion_asked),
        _AV.fail,
        Step((_A.ineligible,), Hat.screener, "a coded reason; written notice; 3 working days to object", second=True),
    ),
    ((_A.eligible,), _AV.score, Step((_A.scored,), Hat.clock, "the review is closed")),
    (
        (_A.scored,),
        _AV.award,
        Step((_A.awarded,), Hat.panel, "not above the ask, not below what is viable; conditions"),
    ),
    ((_A.scored,), _AV.put_on_reserve, Step((_A.reserve,), Hat.panel, "a rank on the reserve list")),
    ((_A.scored,), _AV.reject, Step((_A.rejected,), Hat.panel, "a coded reason and feedback in words")),
    (
        (_A.reserve,),
        _AV.award,
        Step((_A.awarded,), Hat.panel, "money of an award that was declined, lapsed, annulled or ended; own notice"),
    ),
    ((_A.awarded,), _AV.sign, Step((_A.contracted,), Hat.charity, "the agreement is signed; due in 15 working days")),
    ((_A.awarded,), _AV.decline, Step((_A.declined,), Hat.charity, "a reason")),
    ((_A.awarded,), _AV.lapse, Step((_A.lapsed,), Hat.clock, "not signed in time")),
    ((_A.awarded,), _AV.annul, Step((_A.annulled,), Hat.panel, "an objection was upheld")),
    (
        (_A.draft, _A.submitted, _A.completion_asked, _A.eligible),
        _AV.withdraw,
        Step((_A.withdrawn,), Hat.charity),
    ),
)

_R, _RV = ReviewState, ReviewVerb
REVIEW = _lifecycle(
    "review",
    _R.assigned,
    (
        (_R.assigned,),
        _RV.declare,
        Step((_R.declared, _R.recused), Hat.reviewer, "interests declared for this application before its text opens"),
    ),
    ((_R.declared,), _RV.save, Step((_R.draft,), Hat.reviewer)),
    (
        (_R.draft,),
        _RV.submit,
        Step((_R.submitted,), Hat.reviewer, "every criterion scored in range; reasons below 50 % and above 90 %"),
    ),
    ((_R.submitted,), _RV.reopen, Step((_R.draft,), Hat.manager, "before the review closes; logged with a reason")),
    (
        (_R.assigned, _R.declared, _R.draft),
        _RV.reassign,
        Step((_R.replaced,), Hat.manager, "a reason; another reviewer assigned"),
    ),
)

_G, _GV = AgreementState, AgreementVerb
AGREEMENT = _lifecycle(
    "agreement",
    _G.draft,
    (
        (_G.draft,),
        _GV.sign,
        Step((_G.active,), Hat.both_parties, "lines sum to award and matching; tranches sum to the award; targets set"),
    ),
    (
        (_G.active,),
        _GV.suspend,
        Step((_G.suspended,), Hat.manager, "a reason; the project leaves matching the same day"),
    ),
    ((_G.suspended,), _GV.resume, Step((_G.active,), Hat.manager)),
    ((_G.active,), _GV.accept_midterm, Step((_G.active,), Hat.evaluator, "a grade; the next tranche is released")),
    (
        (_G.active,),
        _GV.rectify,
        Step((_G.rectifying,), Hat.evaluator, "a list; due in 20 working days; the next tranche is held"),
    ),
    ((_G.rectifying,), _GV.accept_rectification, Step((_G.active,), Hat.evaluator)),
    (
        (_G.rectifying, _G.active, _G.suspended),
        _GV.terminate,
        Step((_G.terminating,), Hat.manager, "a reason; the project leaves matching; hand-over list", second=True),
    ),
    ((_G.active,), _GV.end, Step((_G.closing,), Hat.clock, "on its last day; no new referral; hand-over list")),
    ((_G.closing,), _GV.report, Step((_G.reported,), Hat.charity, "the final report; spending is final")),
    (
        (_G.reported, _G.terminating),
        _GV.evaluate,
        Step((_G.evaluated,), Hat.evaluator, "scores; a grade; accepted spending"),
    ),
    (
        (_G.evaluated,),
        _GV.settle,
        Step(
            (_G.completed, _G.terminated),
            Hat.manager,
            "unspent money returned or waived; live referrals handed over; last tranche paid",
            second=True,
        ),
    ),
)

_T, _TV = TrancheState, TrancheVerb
TRANCHE = _lifecycle(
    "tranche",
    _T.planned,
    ((_T.planned,), _TV.request, Step((_T.requested,), Hat.charity, "its condition is met, or marked as not met")),
    ((_T.requested,), _TV.approve, Step((_T.approved,), Hat.manager, "nothing owed", second=True)),
    ((_T.approved,), _TV.pay, Step((_T.paid,), Hat.finance, "a bank reference; not by who approved it")),
    ((_T.planned, _T.requested, _T.approved), _TV.hold, Step((_T.held,), Hat.manager, "a reason")),
    (
        (_T.held,),
        _TV.release,
        Step((_T.planned, _T.requested, _T.approved), Hat.manager, "back to where it was before it was held"),
    ),
    (
        (_T.planned, _T.requested, _T.held),
        _TV.cancel,
        Step((_T.cancelled,), Hat.manager, "on termination or settlement"),
    ),
)

_S, _SV = SpendingState, SpendingVerb
SPENDING = _lifecycle(
    "spending",
    _S.draft,
    (
        (_S.draft,),
        _SV.submit,
        Step((_S.submitted,), Hat.charity, "file of the receipt; budget head; paid in the period; amount"),
    ),
    ((_S.submitted,), _SV.accept, Step((_S.accepted,), Hat.manager)),
    ((_S.submitted,), _SV.query, Step((_S.queried,), Hat.manager, "a reason")),
    ((_S.queried,), _SV.answer, Step((_S.submitted,), Hat.charity)),
    (
        (_S.submitted, _S.queried, _S.accepted),
        _SV.disallow,
        Step((_S.disallowed,), Hat.manager, "a reason; adds to the money to return"),
    ),
)

_H, _HV = ChangeState, ChangeVerb
CHANGE = _lifecycle(
    "change request",
    _H.draft,
    ((_H.draft,), _HV.submit, Step((_H.submitted,), Hat.charity, "before the change takes effect")),
    (
        (_H.submitted,),
        _HV.approve,
        Step((_H.approved,), Hat.manager, "a second person above 10 % of the money or 30 days"),
    ),
    (
        (_H.submitted,),
        _HV.refuse,
        Step((_H.refused,), Hat.manager, "a reason; a second person above 10 % of the money or 30 days"),
    ),
)

_K, _KV = ActivityState, ActivityVerb
ACTIVITY = _lifecycle(
    "activity",
    _K.planned,
    ((_K.planned,), _KV.hold, Step((_K.held,), Hat.charity, "at least one person attended")),
    ((_K.planned,), _KV.move, Step((_K.planned,), Hat.charity, "a new date")),
    ((_K.held,), _KV.correct, Step((_K.held,), Hat.charity, "a new version; before settlement")),
    ((_K.planned,), _KV.cancel, Step((_K.cancelled,), Hat.charity, "a reason")),
)

LIFECYCLES = (CALL, APPLICATION, REVIEW, AGREEMENT, TRANCHE, SPENDING, CHANGE, ACTIVITY)


def lifecycles_as_markdown() -> str:
    """The tables of docs/funding.md; a test compares them."""
    parts = []
    for lifecycle in LIFECYCLES:
        rows = [
            f"| {state} | {verb} | {', '.join(step.targets)} | {_hat(step)} | {step.guard} |"
            for (state, verb), step in lifecycle.steps.items()
        ]
        heading = [
            f"### {lifecycle.name.capitalize()}",
            "",
            "| from | verb | to | by | guard |",
            "|---|---|---|---|---|",
        ]
        parts.append("\n".join([*heading, *rows]))
    return "\n\n".join(parts) + "\n"


def _hat(step: Step) -> str:
    return f"{step.hat}, two persons" if step.second else str(step.hat).replace("_", " ")
