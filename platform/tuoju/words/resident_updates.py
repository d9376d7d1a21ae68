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
            text = _("What you asked for is with %(name)s. They answer by %(day)s and then call you. It costs nothing.")
            return text % {"name": organization, "day": due_day(referral.answer_due_at)}
        case UpdateKind.accepted:
            text = _("%(name)s will help you. They call before they come. It costs nothing.")
            return text % {"name": organization}
        case UpdateKind.visit:
            text = _("%(name)s comes on %(day)s. If the day does not suit, tell the officer of your village.")
            return text % {"name": organization, "day": update.day}
        case UpdateKind.closed:
            return _closing_text(referral, organization, visits)


def _closing_text(referral: Referral, organization: str, visits: int) -> str:
    if referral.state is ReferralState.failed:
        text = _("%(name)s could not carry on. Your request stays open, and the officer of your village looks further.")
        return text % {"name": organization}
    visits_text = ngettext("%(name)s came %(num)s time.", "%(name)s came %(num)s times.", visits)
    end_text = _(
        "The service has ended. If you are not content, or need more, tell the officer of your village or call 12345."
    )
    return visits_text % {"name": organization, "num": visits} + end_text
