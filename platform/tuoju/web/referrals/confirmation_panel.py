"""The panel of a referral that says whether the reported help is confirmed, and asks for the next check."""

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import names_of
from tuoju.referrals.confirmations import HelpState, OutcomeCheckInput, checks_of, help_states, waiting_spot_check
from tuoju.referrals.models import OutcomeCheck, Referral
from tuoju.referrals.status import HELPED, AskedBy
from tuoju.web.kit.forms import BlankForm, required_of
from tuoju.web.referrals.views import ConfirmationPanel, OutcomeCheckEntry, OutcomeCheckForm
from tuoju.words.labels import label, options
from tuoju.words.languages import gettext as _


def confirmation_panel(
    session: Session, actor: Actor, referral: Referral, form: OutcomeCheckForm | None
) -> ConfirmationPanel | None:
    """`form` is one that came back. None for an organization, and where no help is reported."""
    if not may(actor, Action.confirm_outcomes) or referral.outcome not in HELPED:
        return None
    state = help_states(session, [referral.pk]).get(referral.pk)
    if state is None:
        return None
    checks = checks_of(session, referral)
    people = names_of(session, {check.checked_by for check in checks})
    return ConfirmationPanel(
        state=state,
        explanation=_explanation(session, actor, referral, state),
        entries=[_entry(check, people.get(check.checked_by, "")) for check in checks],
        form=form or BlankForm(required=required_of(OutcomeCheckInput)),
        answerers=list(options("answerer")),
        ways_of_asking=[(code, words) for code, words in options("asked_by") if code != AskedBy.link],
    )


def _explanation(session: Session, actor: Actor, referral: Referral, state: HelpState) -> str:
    if waiting_spot_check(session, referral) is not None:
        if referral.sent_by == actor.user_id:
            return _("Drawn for a spot check. You sent this referral, so somebody else must ask.")
        return _("Drawn for a spot check. Ask the resident and record the answer.")
    if state is HelpState.unconfirmed:
        return _("So far only the organization says that it helped. Ask the resident and record the answer.")
    return ""


def _entry(check: OutcomeCheck, name: str) -> OutcomeCheckEntry:
    return OutcomeCheckEntry(
        kind=_("Spot check") if check.spot_check_id else _("Call-back"),
        result=_("It helped") if check.helped else _("It did not help"),
        asked=label("answerer", check.answered_by) + _(", ") + label("asked_by", check.asked_by),
        checked_at=check.checked_at,
        checked_by=name,
    )
