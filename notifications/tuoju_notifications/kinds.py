"""The kinds of notifications: one line each, with its urgency and the channels it uses by default."""

from enum import StrEnum


class Channel(StrEnum):
    """How a notification reaches its recipient."""

    in_app = "in_app"
    email = "email"
    sms = "sms"
    robot = "robot"
    webhook = "webhook"


class Urgency(StrEnum):
    """Which queue carries it. Urgent kinds are sent during quiet hours too."""

    urgent = "urgent"
    normal = "normal"
    digest = "digest"


_IN_APP = (Channel.in_app,)
_IN_APP_AND_EMAIL = (Channel.in_app, Channel.email)
_SMS = (Channel.sms,)
_EMAIL_AND_SMS = (Channel.email, Channel.sms)
_ALL = (Channel.in_app, Channel.email, Channel.sms)


class NotificationKind(StrEnum):
    """A new kind needs a line here and its words in every language (tuoju_notifications.words)."""

    urgency: Urgency
    channels: tuple[Channel, ...]

    def __new__(cls, code: str, urgency: Urgency, channels: tuple[Channel, ...]) -> "NotificationKind":
        kind = str.__new__(cls, code)
        kind._value_ = code
        kind.urgency = urgency
        kind.channels = channels
        return kind

    referral_received = "referral_received", Urgency.urgent, _ALL
    referral_accepted = "referral_accepted", Urgency.normal, _IN_APP_AND_EMAIL
    referral_rejected = "referral_rejected", Urgency.urgent, _ALL
    referral_waitlisted = "referral_waitlisted", Urgency.normal, _IN_APP_AND_EMAIL
    referral_expired = "referral_expired", Urgency.urgent, _ALL
    referral_cancelled = "referral_cancelled", Urgency.normal, _IN_APP_AND_EMAIL
    referral_completed = "referral_completed", Urgency.normal, _IN_APP_AND_EMAIL
    referral_failed = "referral_failed", Urgency.normal, _IN_APP_AND_EMAIL
    referral_question = "referral_question", Urgency.normal, _IN_APP_AND_EMAIL
    complaint_opened = "complaint_opened", Urgency.urgent, _ALL
    referral_reply = "referral_reply", Urgency.normal, _ALL
    first_visit_planned = "first_visit_planned", Urgency.normal, _IN_APP
    link_wanted = "link_wanted", Urgency.urgent, _ALL
    link_sent = "link_sent", Urgency.urgent, _ALL
    contact_change_proposed = "contact_change_proposed", Urgency.urgent, _ALL
    contact_changed = "contact_changed", Urgency.urgent, _ALL
    address_to_confirm = "address_to_confirm", Urgency.urgent, _EMAIL_AND_SMS
    referral_stuck = "referral_stuck", Urgency.normal, _IN_APP_AND_EMAIL
    referral_expiring = "referral_expiring", Urgency.urgent, _ALL
    visit_due = "visit_due", Urgency.normal, _ALL
    deadline_ahead = "deadline_ahead", Urgency.normal, _IN_APP
    deadline_due = "deadline_due", Urgency.normal, _IN_APP_AND_EMAIL
    deadline_overdue = "deadline_overdue", Urgency.normal, _ALL
    deadline_escalated = "deadline_escalated", Urgency.normal, _IN_APP_AND_EMAIL
    resident_referred = "resident_referred", Urgency.normal, _SMS
    resident_accepted = "resident_accepted", Urgency.normal, _SMS
    resident_visit = "resident_visit", Urgency.normal, _SMS
    resident_closed = "resident_closed", Urgency.normal, _SMS
    gap_found = "gap_found", Urgency.normal, _IN_APP
    safety_alarm = "safety_alarm", Urgency.urgent, _ALL
    safety_question = "safety_question", Urgency.normal, _IN_APP
    override_to_review = "override_to_review", Urgency.urgent, _IN_APP_AND_EMAIL
    duplicate_to_settle = "duplicate_to_settle", Urgency.normal, _IN_APP_AND_EMAIL
    duplicate_without_officer = "duplicate_without_officer", Urgency.normal, _IN_APP_AND_EMAIL
    files_joined = "files_joined", Urgency.normal, _IN_APP
    number_to_compare = "number_to_compare", Urgency.normal, _IN_APP_AND_EMAIL
    budget_alarm = "budget_alarm", Urgency.urgent, _IN_APP_AND_EMAIL
    plan_ready = "plan_ready", Urgency.normal, _IN_APP
    plan_sent = "plan_sent", Urgency.normal, _IN_APP
    plan_referred = "plan_referred", Urgency.normal, _IN_APP
    job_ended = "job_ended", Urgency.normal, _IN_APP
    consent_wanted = "consent_wanted", Urgency.normal, _IN_APP
    account_invited = "account_invited", Urgency.urgent, _EMAIL_AND_SMS
    grant_to_confirm = "grant_to_confirm", Urgency.normal, _IN_APP_AND_EMAIL
    consent_withdrawn = "consent_withdrawn", Urgency.urgent, _IN_APP_AND_EMAIL
    erasure_waiting = "erasure_waiting", Urgency.normal, _IN_APP
    call_to_confirm = "call_to_confirm", Urgency.normal, _IN_APP
    call_opened = "call_opened", Urgency.normal, _IN_APP_AND_EMAIL
    call_extended = "call_extended", Urgency.normal, _IN_APP_AND_EMAIL
    call_cancelled = "call_cancelled", Urgency.normal, _IN_APP_AND_EMAIL
    call_question = "call_question", Urgency.normal, _IN_APP
    application_received = "application_received", Urgency.normal, _ALL
    application_came_in = "application_came_in", Urgency.normal, _IN_APP
    call_answered = "call_answered", Urgency.normal, _IN_APP
    call_hat = "call_hat", Urgency.normal, _IN_APP_AND_EMAIL
    application_to_complete = "application_to_complete", Urgency.urgent, _ALL
    application_completed = "application_completed", Urgency.normal, _IN_APP
    application_ineligible = "application_ineligible", Urgency.normal, _ALL
    reviews_assigned = "reviews_assigned", Urgency.normal, _IN_APP_AND_EMAIL
    review_to_replace = "review_to_replace", Urgency.normal, _IN_APP
    daily_digest = "daily_digest", Urgency.digest, _IN_APP_AND_EMAIL
