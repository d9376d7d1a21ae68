"""Consents on the pages of the officer: record, withdraw, print, and the paper that a consent stands on."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import officers_of
from tuoju.accounts.request_limits import Expense
from tuoju.cases.attachments import MAX_BYTES
from tuoju.cases.consent_papers import add_consent_paper, read_consent_paper
from tuoju.cases.errors import FileMissing
from tuoju.cases.queries import open_needs_of, require_need_of
from tuoju.cases.service import discard_draft
from tuoju.database.records import now
from tuoju.documents.papers.consent_paper import collect_consent, consent_paper
from tuoju.documents.papers.typesetting import to_pdf
from tuoju.referrals.cancellations import withdraw_consent_and_cancel
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import full_name
from tuoju.residents.consents import get_consent, record_consent
from tuoju.residents.data_policies import KIND_OF_PURPOSE, data_policy_for
from tuoju.residents.errors import (
    ChildNotAsked,
    ExpiryImpossible,
    GuardianRequired,
    RelationMissing,
    WitnessRequired,
)
from tuoju.residents.inputs import ConsentInput
from tuoju.residents.models import ConsentPurpose, Resident
from tuoju.residents.queries import get_resident
from tuoju.residents.views import resident_seen
from tuoju.web.kit.body_limits import takes_body
from tuoju.web.kit.bounds import OptionalQueryId, PathId
from tuoju.web.kit.dependencies import MAX_FILES, BareForm, CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.drafts import draft_of
from tuoju.web.kit.error_table import TABLE
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.kit.uploads import NamedFile, opens_uploads, uploads_of
from tuoju.web.residents.matches_link import matches_of
from tuoju.web.residents.views import ConsentForm, ConsentFormPage
from tuoju.words.formats import china_date
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.languages import use_language
from tuoju_projects.queries import find_organizations, get_organization

router = APIRouter()
_CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_FIELD_OF = {
    GuardianRequired: "given_by",
    ChildNotAsked: "given_by",
    RelationMissing: "relation",
    WitnessRequired: "witness_name",
}
"""Errors of the verb that belong to a field of the form."""
CHOSEN_BY_HAND = frozenset({"purpose", "given_by", "method"})
"""What a consent on paper says in any case."""


@router.get("/residents/{resident_id}/consents/new", dependencies=[needs(Action.record_residents)])
def new(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    resident_id: PathId,
    organization: OptionalQueryId = None,
    need: OptionalQueryId = None,
    purpose: Annotated[ConsentPurpose | None, Query()] = None,
) -> Response:
    """The form of a consent. It may start from the organization and the need it is asked for; nothing that a signature
    will stand under is preset."""
    require(actor, Action.record_residents)
    resident = get_resident(session, actor, resident_id)
    asked = ConsentPurpose.referral if organization else purpose
    begun = draft_of(session, actor, f"consent-new-{resident_id}", lists=frozenset({"data"}))
    start = {"purpose": asked, "organization_id": organization, "back": need, **begun}
    form = BlankForm(start, required=CHOSEN_BY_HAND)
    return _page(request, session, actor, resident, form)


def _page(
    request: Request, session: Session, actor: Actor, resident: Resident, form: ConsentForm, status: int = 200
) -> Response:
    officers = officers_of(session, resident.region_code)
    page = ConsentFormPage(
        resident=resident_seen(actor, resident, china_day(now())),
        place=full_name(session, resident.region_code),
        form=form,
        back=str(form.typed.get("back") or ""),
        organizations=[(organization.id or 0, organization.name) for organization in find_organizations(session)],
        needs=[(need.pk, label("service_type", need.category)) for need in open_needs_of(session, resident)],
        witnesses=[(officer.pk, officer.display_name) for officer in officers if officer.pk != actor.user_id],
        longest=_longest(session, resident),
    )
    return render(request, page, status)


def _longest(session: Session, resident: Resident) -> list[str]:
    """For each purpose the last day that its policy allows, with the policy's source."""
    today = china_day(now())
    lines = []
    for purpose, kind in KIND_OF_PURPOSE.items():
        policy = data_policy_for(session, kind, resident.region_code, today)
        words = _("%(purpose)s: until %(day)s at the latest (%(citation)s)")
        values = {"purpose": label("consent_purpose", purpose), "day": policy.ends_on(today).isoformat()}
        lines.append(words % {**values, "citation": policy.citation})
    return lines


@router.post(
    "/residents/{resident_id}/consents",
    dependencies=[
        needs(Action.record_residents),
        takes_body(MAX_FILES * MAX_BYTES),
        costs(Expense.upload),
        opens_uploads(),
    ],
)
def give(request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: Form) -> Response:
    """Record a consent, with its paper if one was sent; `back` returns to the matches it was asked for."""
    files = uploads_of(request)
    resident = get_resident(session, actor, resident_id)
    filled = fill(form, ConsentInput)
    _require_choices(form, filled)
    if filled.model is not None:
        _record(session, actor, resident, filled, files)
    if filled.model is None:
        filled.typed = {**filled.typed, "back": form.get("back", "")}
        return _page(request, session, actor, resident, filled, 422)
    discard_draft(session, actor, f"consent-new-{resident_id}")
    return redirect(request, matches_of(form) or f"/residents/{resident_id}#consents", _("The consent is recorded."))


def _require_choices(form: FormData, filled: SubmittedForm[ConsentInput]) -> None:
    """On paper everything is chosen by hand: what the form leaves open is no consent."""
    filled.required = CHOSEN_BY_HAND
    for name in sorted(CHOSEN_BY_HAND):
        if not form.get(name):
            filled.add(name, _("Choose an option from the list."))
    if form.get("purpose") == ConsentPurpose.referral and not form.getlist("data"):
        filled.add("data", _("Choose what the organization can be told."))


def _record(
    session: Session, actor: Actor, resident: Resident, filled: SubmittedForm[ConsentInput], files: list[NamedFile]
) -> None:
    """Record it; an error of the verb goes to its field."""
    inputs = filled.model
    if inputs is None:
        return
    if inputs.organization_id is not None:
        get_organization(session, inputs.organization_id)
    if inputs.need_id is not None:
        require_need_of(session, resident, inputs.need_id)
    try:
        with session.begin_nested():
            consent = record_consent(session, actor, resident, inputs)
    except ExpiryImpossible as error:
        words = _("Choose a day between today and %(day)s, the last that the policy allows.")
        filled.add("expires_on", words % {"day": china_date(error.latest)})
    except tuple(_FIELD_OF) as error:
        filled.add(_FIELD_OF[type(error)], _(TABLE[type(error)].sentence))
    else:
        for upload in files:
            add_consent_paper(session, actor, consent, upload.file)


@router.post("/consents/{consent_id}/withdraw", dependencies=[needs(Action.record_residents)])
def withdraw(request: Request, session: WriteSession, actor: CurrentActor, consent_id: PathId, form: Form) -> Response:
    """Take a consent back, and with it the referrals that rest on it."""
    consent = get_consent(session, actor, consent_id)
    stopped = withdraw_consent_and_cancel(session, actor, consent)
    words = _("The consent is withdrawn.")
    if stopped:
        words = _("The consent is withdrawn, and these referrals have stopped: %(numbers)s.") % {
            "numbers": ", ".join(referral.number for referral in stopped)
        }
    return redirect(request, f"/residents/{consent.resident_id}#consents", words)


@router.post(
    "/consents/{consent_id}/papers",
    dependencies=[
        needs(Action.record_residents),
        takes_body(MAX_FILES * MAX_BYTES),
        costs(Expense.upload),
        opens_uploads(),
    ],
)
def add_paper(request: Request, session: WriteSession, actor: CurrentActor, consent_id: PathId, form: Form) -> Response:
    """Add the signed paper of a consent, or photos of it."""
    files = uploads_of(request)
    if not files:
        raise FileMissing
    consent = get_consent(session, actor, consent_id)
    for upload in files:
        add_consent_paper(session, actor, consent, upload.file)
    words = _("%(count)s added to the file.") % {"count": len(files)}
    return redirect(request, f"/residents/{consent.resident_id}#consents", words)


@router.post("/consents/papers/{paper_id}", dependencies=[needs(Action.reveal_residents), repeatable(READS)])
def read_paper(session: WriteSession, actor: CurrentActor, paper_id: PathId, form: BareForm) -> Response:
    """The content of the paper; opening it is audited. Browsers neither keep it nor run anything in it."""
    paper, content = read_consent_paper(session, actor, paper_id)
    is_pdf = paper.media_type == "application/pdf"
    name = f"consent-{paper.pk}.{'pdf' if is_pdf else 'jpg'}"
    headers = {
        "content-disposition": f'{"attachment" if is_pdf else "inline"}; filename="{name}"',
        "cache-control": "no-store",
        "content-security-policy": _CONTENT_POLICY,
    }
    return Response(content, media_type=paper.media_type, headers=headers)


@router.post(
    "/consents/{consent_id}/form.pdf",
    dependencies=[needs(Action.reveal_residents), repeatable(READS), costs(Expense.paper)],
)
def print_form(session: WriteSession, actor: CurrentActor, consent_id: PathId, form: BareForm) -> Response:
    """The consent as a paper to sign, with its scope, end and witness; naming the person in full is audited."""
    consent = get_consent(session, actor, consent_id)
    with use_language("zh_CN"):
        facts = collect_consent(session, actor, consent)
        foot = f"{actor.display_name} {datetime.now(CHINA):%Y-%m-%d %H:%M} 打印"
        content = to_pdf(consent_paper(facts, foot))
    headers = {"content-disposition": f'inline; filename="consent-{consent.pk}.pdf"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)
