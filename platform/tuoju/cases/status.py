"""States of cases and needs, and which step leads from which to which."""

from collections.abc import Mapping
from enum import StrEnum


class CaseState(StrEnum):
    """The state of a case in the procedure of a mutual-aid society."""

    recorded = "recorded"
    investigating = "investigating"
    under_review = "under_review"
    announced = "announced"
    approved = "approved"
    refused = "refused"
    relieved = "relieved"
    publicised = "publicised"
    objected = "objected"
    closed = "closed"
    withdrawn = "withdrawn"
    entered_in_error = "entered_in_error"


class CaseVerb(StrEnum):
    """The steps of a case. `announce` is a public notice before the decision, `publicise` one after relief."""

    investigate = "investigate"
    give_opinion = "give_opinion"
    return_back = "return_back"
    announce = "announce"
    approve = "approve"
    refuse = "refuse"
    complete_relief = "complete_relief"
    publicise = "publicise"
    object = "object"
    answer_objection = "answer_objection"
    answer_before_decision = "answer_before_decision"
    close = "close"
    withdraw = "withdraw"
    reopen = "reopen"
    mark_in_error = "mark_in_error"


_S, _V = CaseState, CaseVerb

CASE_STEPS: Mapping[tuple[CaseState, CaseVerb], CaseState] = {
    (_S.recorded, _V.investigate): _S.investigating,
    (_S.investigating, _V.give_opinion): _S.under_review,
    (_S.under_review, _V.return_back): _S.investigating,
    (_S.under_review, _V.approve): _S.approved,
    (_S.under_review, _V.refuse): _S.refused,
    (_S.under_review, _V.announce): _S.announced,
    (_S.announced, _V.return_back): _S.investigating,
    (_S.announced, _V.approve): _S.approved,
    (_S.announced, _V.refuse): _S.refused,
    (_S.announced, _V.object): _S.objected,
    (_S.objected, _V.answer_before_decision): _S.announced,
    (_S.approved, _V.complete_relief): _S.relieved,
    (_S.relieved, _V.publicise): _S.publicised,
    (_S.publicised, _V.object): _S.objected,
    (_S.objected, _V.answer_objection): _S.publicised,
    (_S.recorded, _V.close): _S.closed,
    (_S.relieved, _V.close): _S.closed,
    (_S.publicised, _V.close): _S.closed,
    (_S.recorded, _V.withdraw): _S.withdrawn,
    (_S.investigating, _V.withdraw): _S.withdrawn,
    (_S.under_review, _V.withdraw): _S.withdrawn,
    (_S.announced, _V.withdraw): _S.withdrawn,
    (_S.recorded, _V.mark_in_error): _S.entered_in_error,
    (_S.investigating, _V.mark_in_error): _S.entered_in_error,
    (_S.closed, _V.reopen): _S.recorded,
    (_S.withdrawn, _V.reopen): _S.recorded,
    (_S.refused, _V.reopen): _S.recorded,
}
"""The state that each step leads to, from each state in which it is lawful.

What a policy requires beside the state is checked in `procedure` and `service`: a case closes from `recorded` only
where the policy has no procedure, and from `relieved` only where it has no public notice after relief. Where the
notice comes before the decision (低保审核确认办法 art. 19), `announced` lies between opinion and decision.
"""

ENDED_CASES = frozenset({_S.refused, _S.closed, _S.withdrawn, _S.entered_in_error})
"""Nothing can be added to a case in these states until it is reopened."""


AWAITING_OPINION = frozenset({_S.recorded, _S.investigating})
AWAITING_DECISION = frozenset({_S.under_review, _S.announced})

ON_NOTICE = frozenset({_S.announced, _S.publicised, _S.objected})
"""A public notice of the case is on the board, or was when an objection came."""


class NeedState(StrEnum):
    """The state of a need."""

    open = "open"
    referred = "referred"
    in_service = "in_service"
    met = "met"
    partly_met = "partly_met"
    unmet = "unmet"
    withdrawn = "withdrawn"


class NeedVerb(StrEnum):
    """The steps of a need; `come_back` is a referral that was rejected, expired, cancelled or failed."""

    refer = "refer"
    take_up = "take_up"
    come_back = "come_back"
    meet = "meet"
    meet_partly = "meet_partly"
    give_up = "give_up"
    withdraw = "withdraw"


NEED_STEPS: Mapping[tuple[NeedState, NeedVerb], NeedState] = {
    (NeedState.open, NeedVerb.refer): NeedState.referred,
    (NeedState.open, NeedVerb.withdraw): NeedState.withdrawn,
    (NeedState.referred, NeedVerb.come_back): NeedState.open,
    (NeedState.referred, NeedVerb.take_up): NeedState.in_service,
    (NeedState.in_service, NeedVerb.come_back): NeedState.open,
    (NeedState.in_service, NeedVerb.meet): NeedState.met,
    (NeedState.in_service, NeedVerb.meet_partly): NeedState.partly_met,
    (NeedState.in_service, NeedVerb.give_up): NeedState.unmet,
}
"""The state that each step leads to, from each state in which it is lawful."""

LIVE_NEEDS = frozenset({NeedState.open, NeedState.referred, NeedState.in_service})
"""Needs that still wait or are being served."""
