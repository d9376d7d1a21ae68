"""Needs, referrals and visits."""

from collections.abc import Mapping

from tuoju.cases.inputs import Constraint, WishedTime
from tuoju.cases.models import Urgency
from tuoju.cases.status import NeedState
from tuoju.referrals.models import ContactChangeEnd
from tuoju.referrals.status import (
    Answerer,
    AskedBy,
    Outcome,
    ReferralState,
    ReferralVerb,
    RejectionReason,
    Side,
    UpdateKind,
    UpdateState,
)
from tuoju.visits.models import VisitMode
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_
from tuoju_matching.eligibility import ObstacleKind
from tuoju_matching.needs_as_said import Confidence

ENUMS = (
    EnumWords(
        Confidence,
        "confidence",
        {Confidence.likely: N_("likely"), Confidence.possible: N_("possible"), Confidence.guess: N_("a guess")},
    ),
    EnumWords(
        NeedState,
        "need_state",
        {
            NeedState.open: N_("Waiting"),
            NeedState.referred: N_("Referred"),
            NeedState.in_service: N_("In service"),
            NeedState.met: N_("Met"),
            NeedState.partly_met: N_("Partly met"),
            NeedState.unmet: N_("Unmet"),
            NeedState.withdrawn: N_("Withdrawn"),
        },
    ),
    EnumWords(
        Urgency,
        "urgency",
        {
            Urgency.routine: N_("Can wait"),
            Urgency.soon: N_("Soon"),
            Urgency.urgent: N_("Urgent"),
            Urgency.life_threatening: N_("Life or health at risk"),
        },
    ),
    EnumWords(
        WishedTime,
        "wished_time",
        {
            WishedTime.morning: N_("Morning"),
            WishedTime.midday: N_("Midday"),
            WishedTime.afternoon: N_("Afternoon"),
            WishedTime.evening: N_("Evening"),
            WishedTime.weekend: N_("Weekend"),
        },
    ),
    EnumWords(
        Constraint,
        "constraint",
        {
            Constraint.at_home: N_("Must come to the home"),
            Constraint.woman_only: N_("Woman helper only"),
            Constraint.two_helpers: N_("Two helpers"),
            Constraint.wheelchair: N_("Uses a wheelchair"),
            Constraint.hard_of_hearing: N_("Hard of hearing"),
            Constraint.dialect: N_("Speaks dialect only"),
        },
    ),
    EnumWords(
        ContactChangeEnd,
        "contact_change_end",
        {
            ContactChangeEnd.confirmed_by_charity: N_("Confirmed by the charity"),
            ContactChangeEnd.confirmed_in_person: N_("Confirmed in person by a second officer"),
            ContactChangeEnd.refused: N_("Refused"),
            ContactChangeEnd.replaced: N_("Replaced by a later proposal"),
        },
    ),
    EnumWords(
        ReferralState,
        "referral_state",
        {
            ReferralState.requested: N_("Waiting for an answer"),
            ReferralState.waitlisted: N_("On the waiting list"),
            ReferralState.accepted: N_("Accepted"),
            ReferralState.in_progress: N_("In service"),
            ReferralState.on_hold: N_("Paused"),
            ReferralState.completed: N_("Completed"),
            ReferralState.failed: N_("Service not provided"),
            ReferralState.rejected: N_("Rejected"),
            ReferralState.expired: N_("No answer in time"),
            ReferralState.cancelled: N_("Withdrawn"),
            ReferralState.entered_in_error: N_("Entered in error"),
        },
    ),
    EnumWords(
        ReferralVerb,
        "referral_verb",
        {
            ReferralVerb.accept: N_("Accept"),
            ReferralVerb.reject: N_("Reject"),
            ReferralVerb.waitlist: N_("Put on the waiting list"),
            ReferralVerb.expire: N_("No answer in time"),
            ReferralVerb.start: N_("Start the service"),
            ReferralVerb.hold: N_("Pause"),
            ReferralVerb.resume: N_("Resume the service"),
            ReferralVerb.complete: N_("Complete"),
            ReferralVerb.fail: N_("Cannot continue"),
            ReferralVerb.cancel: N_("Withdraw the referral"),
            ReferralVerb.mark_in_error: N_("Entered in error"),
            ReferralVerb.reopen: N_("Send again to the same project"),
        },
    ),
    EnumWords(
        RejectionReason,
        "rejection_reason",
        {
            RejectionReason.no_capacity: N_("No places left"),
            RejectionReason.not_eligible: N_("Does not meet the eligibility rules"),
            RejectionReason.outside_service_area: N_("Outside the area served"),
            RejectionReason.service_not_offered: N_("This service is not offered"),
            RejectionReason.already_served: N_("Already served by us or others"),
            RejectionReason.missing_information: N_("Information is missing"),
            RejectionReason.safety: N_("Safety"),
            RejectionReason.could_not_contact: N_("Could not be reached"),
            RejectionReason.resident_declined: N_("The resident declines"),
            RejectionReason.duplicate: N_("Duplicate referral"),
            RejectionReason.other: N_("Another reason (explain it)"),
        },
    ),
    EnumWords(
        UpdateState,
        "update_state",
        {
            UpdateState.tell_in_person: N_("To be told in person or by telephone"),
            UpdateState.sms_queued: N_("SMS waiting to be sent"),
            UpdateState.sms_sent: N_("Sent by SMS"),
            UpdateState.sms_failed: N_("The SMS could not be delivered: tell them in person"),
            UpdateState.told_in_person: N_("Told by staff"),
        },
    ),
    EnumWords(
        Answerer,
        "answerer",
        {
            Answerer.self: N_("The person"),
            Answerer.family: N_("A relative"),
        },
    ),
    EnumWords(
        AskedBy,
        "asked_by",
        {
            AskedBy.in_person: N_("In person"),
            AskedBy.phone: N_("By telephone"),
            AskedBy.link: N_("By themselves, through the link"),
        },
    ),
    EnumWords(
        Outcome,
        "outcome",
        {
            Outcome.met: N_("Need met"),
            Outcome.partly_met: N_("Need partly met"),
            Outcome.unmet: N_("Need not met"),
        },
    ),
    EnumWords(
        VisitMode,
        "visit_mode",
        {
            VisitMode.home: N_("At home"),
            VisitMode.site: N_("At our site"),
            VisitMode.phone: N_("By telephone"),
            VisitMode.online: N_("Online"),
        },
    ),
    EnumWords(
        ObstacleKind,
        "obstacle",
        {
            ObstacleKind.not_open: N_("Project not open"),
            ObstacleKind.not_started: N_("Project has not started"),
            ObstacleKind.ended: N_("Project has ended"),
            ObstacleKind.intake_over: N_("No longer takes people"),
            ObstacleKind.no_home_visits: N_("No home visits"),
            ObstacleKind.disability_type: N_("Kind of disability does not fit"),
            ObstacleKind.disability_grade: N_("Disability not severe enough"),
            ObstacleKind.no_place: N_("No places left"),
            ObstacleKind.outside_area: N_("Outside the area served"),
            ObstacleKind.service_not_offered: N_("Service not offered"),
            ObstacleKind.min_age: N_("Too young"),
            ObstacleKind.max_age: N_("Too old"),
            ObstacleKind.vulnerability: N_("Not the target group"),
            ObstacleKind.relief_category: N_("Category of hardship does not fit"),
            ObstacleKind.self_care: N_("Self-care does not fit"),
            ObstacleKind.sex: N_("Sex does not fit"),
            ObstacleKind.unknown: N_("Some information is not recorded"),
        },
        also={
            "refused": N_("Rejected before"),
            "not_taken": N_("Rejected or not answered before"),
        },
    ),
    EnumWords(
        UpdateKind,
        "update_kind",
        {
            UpdateKind.referred: N_("The need was referred"),
            UpdateKind.accepted: N_("The charity accepted"),
            UpdateKind.visit: N_("The date of a visit is set"),
            UpdateKind.closed: N_("The service ended"),
        },
    ),
    EnumWords(
        Side,
        "side",
        {
            Side.sender: N_("The sender"),
            Side.receiver: N_("The charity"),
            Side.clock: N_("The deadline"),
        },
    ),
)

CODES: Mapping[str, Mapping[str, str]] = {
    "satisfaction_level": {
        "5": N_("Very satisfied"),
        "4": N_("Satisfied"),
        "3": N_("Neither satisfied nor dissatisfied"),
        "2": N_("Dissatisfied"),
        "1": N_("Very dissatisfied"),
    },
}
