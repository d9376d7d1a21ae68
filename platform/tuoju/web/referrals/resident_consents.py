"""The consents of a resident in plain words on their own page: what each permits, until when, what a no changes."""

from collections.abc import Mapping

from sqlmodel import Session

from tuoju.cases.models import Case, Need
from tuoju.referrals.models import Referral
from tuoju.referrals.status import LIVE
from tuoju.residents.consents import consents_to_manage
from tuoju.residents.models import Consent, ConsentPurpose
from tuoju.web.referrals.views import OwnConsent
from tuoju.words.labels import label
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import get_organization

_WHAT: Mapping[ConsentPurpose, str] = {
    ConsentPurpose.referral: N_("%(organization)s can be told about you: %(kinds)s."),
    ConsentPurpose.publicity: N_("Your name can be shown, partly hidden, on the village notice board."),
    ConsentPurpose.checking: N_("Your income and property can be checked with other offices."),
    ConsentPurpose.notifications: N_("Progress can be sent to your telephone by SMS."),
}

_ENDS: Mapping[ConsentPurpose, str] = {
    ConsentPurpose.referral: N_("%(organization)s can no longer see anything about you."),
    ConsentPurpose.publicity: N_("The notice shows a number in place of your name."),
    ConsentPurpose.checking: N_("No new checks are made. Without them, an application that needs them may stop."),
    ConsentPurpose.notifications: N_("No more SMS are sent. Your social worker tells you in person."),
}

_STAYS: Mapping[ConsentPurpose, str] = {
    ConsentPurpose.referral: N_(
        "Your request stays open, and another organization can be asked. Help you got stays yours."
    ),
    ConsentPurpose.publicity: N_("The help you got stays yours."),
    ConsentPurpose.checking: N_("What was checked before stays in your file. The help you got stays yours."),
    ConsentPurpose.notifications: N_("This page still works, and the help goes on."),
}


def own_consents(session: Session, referral: Referral, page: str) -> list[OwnConsent]:
    """What the resident can take back here: the consent that this referral rests on, and those without a receiver.

    `page` is the path of the resident's page.
    """
    resident_id = session.get_one(Case, session.get_one(Need, referral.need_id).case_id).resident_id
    organization = get_organization(session, referral.organization_id).name
    consents = consents_to_manage(session, resident_id, referral.organization_id)
    return [_in_words(consent, referral, organization, page) for consent in consents]


def _in_words(consent: Consent, referral: Referral, organization: str, page: str) -> OwnConsent:
    kinds = _(", ").join(label("consent_data", kind) for kind in consent.data)
    values = {"organization": organization, "kinds": kinds}
    ends = [_(_ENDS[consent.purpose]) % values]
    if consent.purpose is ConsentPurpose.referral and referral.state in LIVE:
        ends.append(_("The service by %(organization)s stops.") % values)
    until = _("Until %(day)s") % {"day": consent.expires_on.isoformat()} if consent.expires_on else _("No end date")
    return OwnConsent(
        permits=_(_WHAT[consent.purpose]) % values,
        until=until,
        ends=ends,
        stays=_(_STAYS[consent.purpose]),
        withdraw_url=f"{page}/consents/{consent.pk}/withdraw",
    )
