"""What each kind of notification says; numbers of the matter, nothing personal."""

from collections.abc import Mapping

from tuoju.words.labels import CODES, label
from tuoju.words.languages import N_, gettext
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification

SENTENCES: Mapping[NotificationKind, str] = {
    NotificationKind.referral_received: N_("A new referral waits for your answer: %(number)s"),
    NotificationKind.referral_accepted: N_("Accepted: %(number)s"),
    NotificationKind.referral_rejected: N_("Returned, please look at the next project: %(number)s"),
    NotificationKind.referral_waitlisted: N_("On the waiting list: %(number)s"),
    NotificationKind.referral_expired: N_("No answer in time, please look at the next project: %(number)s"),
    NotificationKind.referral_cancelled: N_("Taken back by the sender: %(number)s"),
    NotificationKind.referral_completed: N_("Completed, please ask the resident: %(number)s"),
    NotificationKind.referral_failed: N_("Could not be carried through: %(number)s"),
    NotificationKind.referral_question: N_("The charity asks something: %(number)s"),
    NotificationKind.referral_reply: N_("Your question was answered: %(number)s"),
    NotificationKind.first_visit_planned: N_("The first visit has its day: %(number)s"),
    NotificationKind.link_wanted: N_("The charity asks for a new link: %(number)s"),
    NotificationKind.link_sent: N_("A new link to the referral: %(number)s"),
    NotificationKind.referral_stuck: N_("Sent again and again and not taken, please step in: case %(number)s"),
    NotificationKind.referral_expiring: N_("Please answer by %(day)s: %(number)s"),
    NotificationKind.visit_due: N_("The first visit is due by %(day)s: %(number)s"),
    NotificationKind.deadline_ahead: N_("Due on %(day)s: %(matter)s, %(number)s"),
    NotificationKind.deadline_due: N_("Due today: %(matter)s, %(number)s"),
    NotificationKind.deadline_overdue: N_("Overdue since %(day)s: %(matter)s, %(number)s"),
    NotificationKind.deadline_escalated: N_("Overdue since %(day)s, please step in: %(matter)s, %(number)s"),
    NotificationKind.resident_referred: N_("Your request is with %(organization)s"),
    NotificationKind.resident_accepted: N_("%(organization)s will help you"),
    NotificationKind.resident_visit: N_("%(organization)s comes on %(day)s"),
    NotificationKind.resident_closed: N_("The service of %(organization)s has ended"),
    NotificationKind.gap_found: N_("No project fits a need of case %(number)s"),
    NotificationKind.override_to_review: N_("An emergency referral waits for your review"),
    NotificationKind.plan_ready: N_("Plan %(number)s is computed and waits for you"),
    NotificationKind.plan_sent: N_("The referrals of plan %(number)s have gone out"),
    NotificationKind.plan_referred: N_("The county's plan has referred a need of case %(number)s"),
    NotificationKind.consent_wanted: N_(
        "The county has a place for a need of case %(number)s; please ask for the consent"
    ),
    NotificationKind.daily_digest: N_("Today: %(overdue)s overdue, %(due_today)s due, %(to_answer)s to answer"),
}


def sentence(notification: Notification) -> str:
    """The notification in the language of the request."""
    matter = (
        {"matter": label("matter", notification.parameters["matter"])} if "matter" in notification.parameters else {}
    )
    return gettext(SENTENCES[notification.kind]) % {"number": "", **notification.parameters, **matter}


def trouble(code: str) -> str:
    """Why a message did not go, in words; what a provider answered in a code of its own is told as that."""
    known = CODES["delivery_trouble"]
    if code in known:
        return gettext(known[code])
    return gettext("The provider answered: %(code)s") % {"code": code}
