"""States of a case and of a need, and their lawful steps."""

from collections.abc import Mapping
from enum import StrEnum


class CaseState(StrEnum):
    recorded = "recorded"
    closed = "closed"
    withdrawn = "withdrawn"
    entered_in_error = "entered_in_error"


class CaseVerb(StrEnum):
    close = "close"
    withdraw = "withdraw"
    reopen = "reopen"
    mark_in_error = "mark_in_error"


CASE_STEPS: Mapping[tuple[CaseState, CaseVerb], CaseState] = {
    (CaseState.recorded, CaseVerb.close): CaseState.closed,
    (CaseState.recorded, CaseVerb.withdraw): CaseState.withdrawn,
    (CaseState.recorded, CaseVerb.mark_in_error): CaseState.entered_in_error,
    (CaseState.closed, CaseVerb.reopen): CaseState.recorded,
    (CaseState.withdrawn, CaseVerb.reopen): CaseState.recorded,
}


class NeedState(StrEnum):
    open = "open"
    referred = "referred"
    in_service = "in_service"
    met = "met"
    partly_met = "partly_met"
    unmet = "unmet"
    withdrawn = "withdrawn"


class NeedVerb(StrEnum):
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
"""`come_back`: rejected, expired, cancelled or failed; the waiting time goes on from `opened_at`."""
