"""What an officer reads out to a resident: who comes, when, that it costs nothing, and whom to ask."""

from tuoju.referrals.models import Referral, ResidentUpdate
from tuoju.referrals.status import ReferralState, UpdateKind
from tuoju.words.formats import due_day
from tuoju.words.languages import gettext as _
from tuoju.words.languages import ngettext


def update_text(update: ResidentUpdate, referral: Referral, organization: str, visits: int) -> str:
    """The text of one update, in the language of the request. `visits` counts the visits of the referral so far."""
    match update.kind:
        case UpdateKind.referred:
            text = _("Your request is with %(name)s. They will answer by %(day)s and then call you. It costs nothing.")
            return text % {"name": organization, "day": due_day(referral.answer_due_at)}
        case UpdateKind.accepted:
            text = _("%(name)s will help you. They will call before they come. It costs nothing.")
            return text % {"name": organization}
        case UpdateKind.visit:
            text = _("%(name)s will come on %(day)s. If the day does not suit you, tell your village social worker.")
            return text % {"name": organization, "day": update.day}
        case UpdateKind.closed:
            return _closing_text(referral, organization, visits)


def _closing_text(referral: Referral, organization: str, visits: int) -> str:
    if referral.state is ReferralState.failed:
        text = _(
            "%(name)s could not continue. Your request stays open, and your village social worker "
            "will look for other help."
        )
        return text % {"name": organization}
    visits_text = ngettext("%(name)s came %(num)s time.", "%(name)s came %(num)s times.", visits)
    end_text = _(
        "The service has ended. If you are not satisfied or need more help, tell your village "
        "social worker or call 12345."
    )
    return visits_text % {"name": organization, "num": visits} + end_text
