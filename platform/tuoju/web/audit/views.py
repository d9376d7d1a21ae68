"""View objects of the pages of the audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from tuoju.accounts import audit
from tuoju.accounts.audit_anchors import AnchorState
from tuoju.accounts.audit_verifier import REGISTRY
from tuoju.accounts.models import AuditEntry
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View
from tuoju.words.labels import CODES, audit_action_words, label, reading_words
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _

SUBJECT_PAGES = {"Resident": "/residents/", "Case": "/cases/", "Referral": "/referrals/", "Project": "/projects/"}
"""The pages of the rows that an entry can be about. Whoever may not open a page is told so there."""


@dataclass(frozen=True)
class EntryRow:
    """One entry in words."""

    entry_id: int
    at: datetime
    who: str
    """The name of the account; for others how they came: by link, at the command line, the system."""
    actor_id: int | None
    action: str
    subject: str
    subject_url: str
    purpose: str
    origin: Sequence[str]
    """Chain and number, network, session and request; what is unknown is left out."""


@dataclass(frozen=True)
class AuditPage(View):
    """Entries, latest first, with the filter that limits them and the state of the anchors."""

    template: ClassVar[str] = "audit/index.html"
    form: BlankForm | SubmittedForm[Any]
    actions: Sequence[tuple[str, str]]
    subject_types: Sequence[tuple[str, str]]
    scopes: Sequence[tuple[str, str]]
    rows: Sequence[EntryRow]
    older_url: str
    anchors: AnchorState
    anchor_alarm: str
    """What is wrong with the anchors, in words; empty if nothing is."""


@dataclass(frozen=True)
class OwnEntriesPage(View):
    """What the account itself looked at, latest first."""

    template: ClassVar[str] = "audit/own.html"
    rows: Sequence[EntryRow]
    older_url: str


_CHAINS = {audit.ACCOUNTS: N_("Accounts"), REGISTRY: N_("Registry of chains")}


def chain_words(scope: str) -> str:
    """What a chain of the audit is called; that of a county, by its code."""
    return _(_CHAINS[scope]) if scope in _CHAINS else scope


def entry_rows(entries: Sequence[AuditEntry], people: Mapping[int, str]) -> list[EntryRow]:
    """The entries in words; `people` are display names by account."""
    return [
        EntryRow(
            entry_id=entry.pk,
            at=entry.at,
            who=_who(entry, people),
            actor_id=entry.actor_id,
            action=audit_action_words(entry.action),
            subject=_subject(entry),
            subject_url=_subject_url(entry),
            purpose=reading_words(entry.purpose) if entry.purpose else "",
            origin=_origin(entry),
        )
        for entry in entries
    ]


def _who(entry: AuditEntry, people: Mapping[int, str]) -> str:
    if entry.actor_id is not None:
        return people.get(entry.actor_id, str(entry.actor_id))
    if "via_link" in entry.detail:
        return _("By link, organization %(number)s") % {"number": entry.detail["organization"]}
    if "operator" in entry.detail:
        return _("Command line: %(operator)s") % {"operator": entry.detail["operator"]}
    return _("The system")


def _subject(entry: AuditEntry) -> str:
    """What the entry is about; of a page that showed many rows, how many of each kind."""
    kinds = CODES["audit_subject"]
    kind = label("audit_subject", entry.subject_type) if entry.subject_type in kinds else entry.subject_type
    words = f"{kind} {entry.subject_id}"
    asked = entry.detail.get("error", "")
    return f"{words} ({asked})" if asked else words


def _subject_url(entry: AuditEntry) -> str:
    page = SUBJECT_PAGES.get(entry.subject_type, "")
    return f"{page}{entry.subject_id}" if page and entry.subject_id.isdigit() else ""


def _origin(entry: AuditEntry) -> list[str]:
    facts = [f"{chain_words(entry.scope)} {entry.sequence}", entry.address]
    if entry.session_id is not None:
        facts.append(_("session %(number)s") % {"number": entry.session_id})
    if entry.request_id:
        facts.append(_("request %(number)s") % {"number": entry.request_id})
    return [fact for fact in facts if fact]
