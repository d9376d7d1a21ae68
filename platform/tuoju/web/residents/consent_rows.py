"""The consents of a resident in words: who agreed to what, for which need, until when, and what stands behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import names_of
from tuoju.cases.consent_papers import papers_of
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.residents.consents import consents_of
from tuoju.residents.models import Consent, ConsentPaper, ConsentPurpose, Resident
from tuoju.web.residents.views import ConsentRow, PaperLink
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import organizations_by_id

ENDS_SOON_DAYS = 30
"""Days before the end from which a consent is shown as ending soon."""


@dataclass(frozen=True)
class _Names:
    receivers: Mapping[int, str]
    officers: Mapping[int, str]


def consent_rows(session: Session, actor: Actor, resident: Resident) -> list[ConsentRow]:
    """Every consent, latest first, in four queries."""
    consents = consents_of(session, resident)
    organizations = organizations_by_id(session, {row.organization_id for row in consents if row.organization_id})
    names = _Names(
        {pk: row.name for pk, row in organizations.items()}, names_of(session, {row.witness_id for row in consents})
    )
    papers = papers_of(session, [consent.pk for consent in consents])
    today = china_day(now())
    return [_row(actor, consent, names, papers.get(consent.pk, []), today) for consent in consents]


def _row(actor: Actor, consent: Consent, names: _Names, papers: list[ConsentPaper], today: date) -> ConsentRow:
    in_force = consent.stands_on(today)
    return ConsentRow(
        consent_id=consent.pk,
        purpose=consent.purpose,
        receiver=names.receivers[consent.organization_id] if consent.organization_id else "",
        facts=[_giver_words(consent), label("consent_method", consent.method), *_witness_words(actor, consent, names)],
        scope=scope_words(consent),
        given_at=consent.given_at,
        state=_state(consent, today),
        state_words=end_words(consent, today),
        may_withdraw=consent.withdrawn_at is None and may(actor, Action.record_residents),
        may_add_paper=in_force and may(actor, Action.record_residents),
        papers=[
            PaperLink(paper.pk, paper.added_at, round(paper.size / 1024))
            for paper in papers
            if may(actor, Action.reveal_residents)
        ],
    )


def _giver_words(consent: Consent) -> str:
    giver = label("consent_giver", consent.given_by)
    return f"{giver} · {label('guardian_relation', consent.relation)}" if consent.relation else giver


def _witness_words(actor: Actor, consent: Consent, names: _Names) -> list[str]:
    witness = names.officers.get(consent.witness_id or 0) or visible(actor, consent, "witness_name")
    return [_("Witness: %(name)s") % {"name": witness}] if witness else []


def scope_words(consent: Consent) -> list[str]:
    """What may be shared and for what, of a consent to referral; nothing for the other purposes."""
    if consent.purpose is not ConsentPurpose.referral:
        return []
    shared = _(", ").join(label("consent_data", kind) for kind in consent.data)
    words = [_("Shared: %(kinds)s") % {"kinds": shared}]
    if consent.need_id is not None:
        return [*words, _("For one need only (number %(number)s)") % {"number": consent.need_id}]
    if consent.category is not None:
        return [*words, _("For: %(service)s") % {"service": label("service_type", consent.category)}]
    return [*words, _("For every need")]


def end_words(consent: Consent, today: date) -> str:
    """Until when it is in force, or since when no longer."""
    if consent.withdrawn_at is not None:
        words = _("Withdrawn on %(day)s") if consent.withdrawn_by else _("Withdrawn by the resident on %(day)s")
        return words % {"day": china_day(consent.withdrawn_at).isoformat()}
    if consent.expires_on is None:
        return _("No end date: given before consents had one")
    day = {"day": consent.expires_on.isoformat()}
    return _("Expired on %(day)s: permits nothing") % day if consent.expires_on < today else _("Until %(day)s") % day


def _state(consent: Consent, today: date) -> str:
    """The look of the chip: in force, ends soon, expired, withdrawn."""
    if consent.withdrawn_at is not None:
        return "still"
    if consent.expires_on is None:
        return "wait"
    days_left = (consent.expires_on - today).days
    return "stop" if days_left < 0 else "wait" if days_left <= ENDS_SOON_DAYS else "calm"
