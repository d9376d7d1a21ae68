"""What is said to a resident, in words that can be read aloud: who, when, that it costs nothing, and whom to ask."""

from tuoju.referrals.models import Referral, ResidentUpdate
from tuoju.referrals.status import ReferralState, UpdateKind
from tuoju.words.formats import due_day
from tuoju.words.languages import gettext as _
from tuoju.words.languages import ngettext


def aloud(news: ResidentUpdate, referral: Referral, organization: str, visits: int) -> str:
    """One moment's news."""
    match news.kind:
        case UpdateKind.referred:
            said = _("What you asked for is with %(name)s. They answer by %(day)s and then call you. It costs nothing.")
            return said % {"name": organization, "day": due_day(referral.answer_due_at)}
        case UpdateKind.accepted:
            said = _("%(name)s will help you. They call before they come. It costs nothing.")
            return said % {"name": organization}
        case UpdateKind.visit:
            said = _("%(name)s comes on %(day)s. If the day does not suit, tell the officer of your village.")
            return said % {"name": organization, "day": news.day}
        case UpdateKind.closed:
            return _ended(referral, organization, visits)


def _ended(referral: Referral, organization: str, visits: int) -> str:
    if referral.state is ReferralState.failed:
        said = _("%(name)s could not carry on. Your request stays open, and the officer of your village looks further.")
        return said % {"name": organization}
    came = ngettext("%(name)s came %(num)s time.", "%(name)s came %(num)s times.", visits)
    told = _(
        "The service has ended. If you are not content, or need more, tell the officer of your village or call 12345."
    )
    return came % {"name": organization, "num": visits} + told
