"""Drafts of forms: the values that a form starts with, and what somebody has begun, by subject and step."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.cases.errors import CaseNotFound
from tuoju.cases.models import Draft
from tuoju.cases.queries import get_case
from tuoju.cases.service import find_draft, find_drafts
from tuoju.database.records import now
from tuoju.referrals.errors import ReferralNotFound
from tuoju.referrals.queries import get_referral
from tuoju.regions.calendar import china_day
from tuoju.residents.errors import ResidentNotFound
from tuoju.residents.masking import mask_name
from tuoju.residents.queries import get_resident
from tuoju.residents.views import resident_seen
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _

MAX_DRAFT_CHARACTERS = 20_000
DraftKey = Annotated[str, Query(pattern=r"^([0-9a-f]{12})?$")]
"""Which of the drafts of new files: there is one for each person."""
FORM_NAME = re.compile(
    r"(?P<kind>resident-new|case-new|need-new|visit-new|consent-new|investigation)-(?P<number>\w{1,12})"
)
_PAGES = {
    "resident-new": "/residents/new?form=full&draft=%s",
    "case-new": "/cases/new?resident=%s",
    "need-new": "/cases/%s",
    "visit-new": "/referrals/%s/visits/new",
    "consent-new": "/residents/%s/consents/new",
    "investigation": "/cases/%s/investigation",
}
_STEPS = {
    "resident-new": N_("Add a resident"),
    "case-new": N_("New case"),
    "need-new": N_("Add another need"),
    "visit-new": N_("Record a visit"),
    "consent-new": N_("Record a consent"),
    "investigation": N_("Household visit"),
}


@dataclass(frozen=True)
class DraftRow:
    """A draft in the list of its writer."""

    form: str
    step: str
    subject: str
    """The person, masked, or the number of the referral; empty if nothing tells it yet."""
    page: str
    saved_at: datetime


def new_draft_key() -> str:
    """The key of the draft of a new file."""
    return secrets.token_hex(6)


def is_draft_name(form_name: str) -> bool:
    """Whether a form has drafts: a new file by a key, all others by the id of what they are about."""
    name = FORM_NAME.fullmatch(form_name)
    if name is None:
        return False
    return bool(re.fullmatch(r"[0-9a-f]{12}" if name["kind"] == "resident-new" else r"\d+", name["number"]))


def page_of_draft(form_name: str) -> str:
    """The address of the page with the form."""
    name = FORM_NAME.fullmatch(form_name)
    return _PAGES[name["kind"]] % name["number"] if name else "/"


def draft_of(session: Session, actor: Actor, form_name: str, *, lists: frozenset[str]) -> dict[str, Any]:
    """The draft as a form's starting values; fields named in `lists` hold several."""
    draft = find_draft(session, actor, form_name)
    if draft is None:
        return {}
    return {name: values if name in lists else values[0] for name, values in _values(draft).items() if values}


def _values(draft: Draft) -> Mapping[str, list[str]]:
    values: Mapping[str, list[str]] = json.loads(draft.content)
    return values


def draft_rows(session: Session, actor: Actor) -> list[DraftRow]:
    """What the actor has begun and not sent, the latest first."""
    rows = []
    for draft in find_drafts(session, actor):
        name = FORM_NAME.fullmatch(draft.form)
        if name is not None and is_draft_name(draft.form):
            kind, number = name.groups()
            subject = _subject(session, actor, draft, kind, number)
            rows.append(DraftRow(draft.form, _(_STEPS[kind]), subject, page_of_draft(draft.form), draft.saved_at))
    return rows


def _subject(session: Session, actor: Actor, draft: Draft, kind: str, number: str) -> str:
    """Whom a draft is about; empty if that can no longer be read."""
    if kind == "resident-new":
        typed = "".join(_values(draft).get("name", [])).strip()
        return mask_name(typed) if typed else ""
    try:
        if kind == "visit-new":
            return get_referral(session, actor, int(number)).number
        is_of_case = kind in ("need-new", "investigation")
        resident_id = get_case(session, actor, int(number)).resident_id if is_of_case else int(number)
        return resident_seen(actor, get_resident(session, actor, resident_id), china_day(now())).name
    except (CaseNotFound, ReferralNotFound, ResidentNotFound):
        return ""


def drafts_of_new_files(session: Session, actor: Actor) -> list[DraftRow]:
    """The drafts of files that the actor has begun."""
    return [row for row in draft_rows(session, actor) if row.form.startswith("resident-new-")]


def draft_with_number(session: Session, actor: Actor, id_number: str) -> str:
    """The key of the actor's draft of a new file with this ID number; empty if there is none."""
    for draft in find_drafts(session, actor):
        if draft.form.startswith("resident-new-") and _values(draft).get("id_number") == [id_number]:
            return draft.form.removeprefix("resident-new-")
    return ""
