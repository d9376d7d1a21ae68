"""What is told: one line a kind, with its urgency and the channels it uses unless the recipient says otherwise."""

from enum import StrEnum


class Channel(StrEnum):
    in_app = "in_app"
    email = "email"
    sms = "sms"
    robot = "robot"
    webhook = "webhook"


class Urgency(StrEnum):
    """Which queue carries it. Urgent kinds break through quiet hours."""

    urgent = "urgent"
    normal = "normal"
    digest = "digest"


_QUIETLY = (Channel.in_app,)
_BY_MAIL = (Channel.in_app, Channel.email)
_TO_THE_PHONE = (Channel.sms,)
_AT_ONCE = (Channel.in_app, Channel.email, Channel.sms)


class NotificationKind(StrEnum):
    """A new kind is a line here, its words in the application, and its templates where it leaves it."""

    urgency: Urgency
    channels: tuple[Channel, ...]

    def __new__(cls, code: str, urgency: Urgency, channels: tuple[Channel, ...]) -> "NotificationKind":
        kind = str.__new__(cls, code)
        kind._value_ = code
        kind.urgency = urgency
        kind.channels = channels
        return kind

    referral_received = "referral_received", Urgency.urgent, _AT_ONCE
    referral_accepted = "referral_accepted", Urgency.normal, _BY_MAIL
    referral_rejected = "referral_rejected", Urgency.urgent, _AT_ONCE
    referral_waitlisted = "referral_waitlisted", Urgency.normal, _BY_MAIL
    referral_expired = "referral_expired", Urgency.urgent, _AT_ONCE
    referral_cancelled = "referral_cancelled", Urgency.normal, _BY_MAIL
    referral_completed = "referral_completed", Urgency.normal, _BY_MAIL
    referral_failed = "referral_failed", Urgency.normal, _BY_MAIL
    referral_question = "referral_question", Urgency.normal, _BY_MAIL
    referral_reply = "referral_reply", Urgency.normal, _AT_ONCE
    first_visit_planned = "first_visit_planned", Urgency.normal, _QUIETLY
    link_wanted = "link_wanted", Urgency.urgent, _AT_ONCE
    link_sent = "link_sent", Urgency.urgent, _AT_ONCE
    referral_stuck = "referral_stuck", Urgency.normal, _BY_MAIL
    referral_expiring = "referral_expiring", Urgency.urgent, _AT_ONCE
    visit_due = "visit_due", Urgency.normal, _AT_ONCE
    deadline_ahead = "deadline_ahead", Urgency.normal, _QUIETLY
    deadline_due = "deadline_due", Urgency.normal, _BY_MAIL
    deadline_overdue = "deadline_overdue", Urgency.normal, _AT_ONCE
    deadline_escalated = "deadline_escalated", Urgency.normal, _BY_MAIL
    resident_referred = "resident_referred", Urgency.normal, _TO_THE_PHONE
    resident_accepted = "resident_accepted", Urgency.normal, _TO_THE_PHONE
    resident_visit = "resident_visit", Urgency.normal, _TO_THE_PHONE
    resident_closed = "resident_closed", Urgency.normal, _TO_THE_PHONE
    gap_found = "gap_found", Urgency.normal, _QUIETLY
    override_to_review = "override_to_review", Urgency.urgent, _BY_MAIL
    plan_ready = "plan_ready", Urgency.normal, _QUIETLY
    plan_sent = "plan_sent", Urgency.normal, _QUIETLY
    plan_referred = "plan_referred", Urgency.normal, _QUIETLY
    consent_wanted = "consent_wanted", Urgency.normal, _QUIETLY
    daily_digest = "daily_digest", Urgency.digest, _BY_MAIL
