"""Who sees what of a person: the one table for pages, API, papers, sheets and archives.

Every sealed column stands here: in `READERS` if it is shown as text, in `NOT_SHOWN_AS_TEXT` with a reason if it is not.
What is known of a resident beside free texts stands in `PERSON`. The views of the rooms (residents.views, cases.views,
referrals.views, visits.views) show nothing that these tables do not allow, and docs/fields.md is made from them.
Columns are named as "table.column", because the tables belong to the rooms above.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from sqlmodel import SQLModel

from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Action, Actor, LinkHolder, Principal, may
from tuoju.accounts.request_context import note_read

_FIELD = frozenset({Action.read_residents})
_CASE_WORK = frozenset({Action.record_cases})
_REFERRAL = frozenset({Action.send_referrals, Action.answer_referrals})
_VISIT = frozenset({Action.send_referrals, Action.record_visits})
_SUMMARY = frozenset({Action.read_summaries})

READERS: Mapping[str, frozenset[Action]] = {
    "need.text": frozenset({Action.read_need_texts}),
    "assistance_case.summary": _FIELD,
    "assistance_case.first_help_reason": _FIELD,
    "case_step.note": _FIELD,
    "case_pause.reason": _FIELD,
    "case_conflict.relation": _FIELD,
    "investigation.findings": _FIELD,
    "attachment.name": frozenset({Action.reveal_residents}),
    "attachment.removed_reason": frozenset({Action.reveal_residents}),
    "alert.content": _FIELD,
    "alert.note": _FIELD,
    "objection.objector": _CASE_WORK,
    "objection.content": _CASE_WORK,
    "objection.answer": _CASE_WORK,
    "relief_payment.goods": frozenset({Action.record_cases, Action.keep_funds}),
    "fund_entry.note": frozenset({Action.keep_funds}),
    "earmarked_account.purpose": frozenset({Action.keep_funds}),
    "consent.witness_name": _FIELD,
    "budget_grant.reason": frozenset({Action.supervise_readings}),
    "possible_duplicate.reason": frozenset({Action.settle_duplicates}),
    "reading_note.text": frozenset({Action.reveal_residents, Action.read_audit}),
    "referral.note": _REFERRAL,
    "referral.end_note": _REFERRAL,
    "referral.repeat_reason": frozenset({Action.send_referrals}),
    "referral.satisfaction_comment": frozenset({Action.send_referrals}),
    "complaint.answer": frozenset({Action.answer_complaints}),
    "referral_event.note": _REFERRAL,
    "referral_event.holder_name": _REFERRAL,
    "referral_message.text": _REFERRAL,
    "referral_message.holder_name": _REFERRAL,
    "service_visit.content": _VISIT,
    "service_visit.problems": _VISIT,
    "service_visit.in_error_reason": _VISIT,
    "emergency_override.reason": frozenset({Action.review_overrides, Action.send_referrals}),
    "erasure.reason": frozenset({Action.approve_erasures}),
    "protection_report.what": frozenset({Action.read_alarms}),
    "protection_report.followed_up": frozenset({Action.read_alarms}),
    "protection_report.denied_because": frozenset({Action.read_alarms}),
    "monthly_summary.reason": _SUMMARY,
    "monthly_summary.return_reason": _SUMMARY,
}
"""For each free text the actions of which a reader needs one. The scope (whose rows) is kept by the queries."""

_MASKED_OR_REVEALED = "shown masked (residents.masking), in full only by an audited reading for a purpose"
_CONTACT = "a contact: messages are sent there; CONTACTS says who reads it"
_OWN_INPUT = "what a user typed or was answered, given back to the same user only"

_PROPOSAL = "an organization's proposal, or what was said of it: no person served; docs/funding.md says who reads it"

NOT_SHOWN_AS_TEXT: Mapping[str, str] = {
    "resident.name": _MASKED_OR_REVEALED,
    "resident.id_number": _MASKED_OR_REVEALED,
    "resident.phone": _MASKED_OR_REVEALED,
    "resident.phone_owner": _MASKED_OR_REVEALED,
    "resident.address": _MASKED_OR_REVEALED,
    "resident.born_on": _MASKED_OR_REVEALED,
    "resident.guardian_name": _MASKED_OR_REVEALED,
    "resident.guardian_phone": _MASKED_OR_REVEALED,
    "alert.name": _MASKED_OR_REVEALED,
    "alert.id_number": _MASKED_OR_REVEALED,
    "alert.phone": _MASKED_OR_REVEALED,
    "contact_change.name": _CONTACT,
    "contact_change.mobile": _CONTACT,
    "contact_change.email": _CONTACT,
    "organization_contact.name": _CONTACT,
    "organization_contact.mobile": _CONTACT,
    "organization_contact.email": _CONTACT,
    "account_reach.email": _OWN_INPUT,
    "account_reach.mobile": _OWN_INPUT,
    "totp_secret.secret": "shown once to its owner, as a QR code and as text, until the app is confirmed",
    "passkey.name": _OWN_INPUT,
    "notification.address": _CONTACT,
    "invitation.token_to_send": "the link of an invitation on its way by e-mail or SMS; no page shows it",
    "subscription.address": _CONTACT,
    "draft.content": _OWN_INPUT,
    "background_job.file_name": _OWN_INPUT,
    "import_row.content": _OWN_INPUT,
    "idempotency_key.response": _OWN_INPUT,
    "organization.contact_name": _CONTACT,
    "organization.contact_phone": _CONTACT,
    "need_vector.vector": "numbers that the ranking compares; the text could be guessed from them",
    "funding_application.content": _PROPOSAL,
    "application_version.content": "what an organization submitted, kept as it was; no page shows it",
    "pre_check.remark": _PROPOSAL,
    "pre_check.request": _PROPOSAL,
    "pre_check.ruling": _PROPOSAL,
    "funding_review.reasons": _PROPOSAL,
    "funding_review.panel_note": _PROPOSAL,
    "funding_review.feedback": _PROPOSAL,
    "funding_review.office_reason": _PROPOSAL,
    "place_entry.note": "a remark on a count of places, kept with the ledger; no page shows it",
}
"""Sealed columns that no page and no representation shows as text, with the reason."""

CONTACTS: Mapping[str, frozenset[Action]] = {
    "organization_contact.name": frozenset({Action.manage_projects}),
    "organization_contact.mobile": frozenset({Action.manage_projects}),
    "organization_contact.email": frozenset({Action.manage_projects}),
    "notification.address": frozenset({Action.manage_deliveries}),
    "subscription.address": frozenset({Action.manage_deliveries}),
}
"""Who reads where messages are sent: these actions, and the organization itself for its own contact."""


class Stage(StrEnum):
    """How far an organization has come with the referral that a row belongs to. Officers see the same at both."""

    before = "before"
    """It has not accepted, or no longer serves: it gets the minimum (design section 7; PIPL arts. 6, 23)."""
    serving = "serving"
    """It has accepted: it gets what it needs to serve."""


class ConsentData(StrEnum):
    """Which data may be given to the receiver (PIPL arts 23, 29: kinds of data; health is sensitive)."""

    service = "service"
    health = "health"
    contact = "contact"


EVERYTHING = frozenset(ConsentData)
"""What a consent names unless the person left something out, and what an emergency override permits."""


class Form(StrEnum):
    """How a reader sees a field."""

    hidden = "hidden"
    unmasked = "unmasked"
    linted = "linted"
    """A free text in which everything that identifies the person is masked (residents.linter)."""
    masked = "masked"
    """A few characters (residents.masking)."""
    revealed = "revealed"
    """Masked or left out; in full only by an audited reading for a purpose."""
    surname = "surname"
    age = "age"
    age_band = "age_band"
    """Ten years, as 70-79."""
    township = "township"
    without_health = "without_health"
    """Codes, without those that say something about health."""


BEFORE_ACCEPTANCE: Mapping[str, Form] = {
    "need.text": Form.linted,
    "referral.note": Form.linted,
    "referral.end_note": Form.linted,
    "referral_event.note": Form.linted,
    "referral_event.holder_name": Form.unmasked,
    "referral_message.text": Form.linted,
    "referral_message.holder_name": Form.unmasked,
}
"""How an organization sees a free text before it accepts. What is not here is hidden from it until then."""


class Audience(StrEnum):
    """Readers who see the same of a resident."""

    field = "field"
    """Officers who may read the file."""
    figures = "figures"
    """Those who steer by figures and drill down to masked rows."""
    asked = "asked"
    """An organization, or whoever holds its link, before it accepts."""
    serving = "serving"
    """The same after it accepted."""
    nobody = "nobody"


def _shown_to(field: Form, figures: Form, asked: Form, serving: Form) -> Mapping[Audience, Form]:
    return {
        Audience.field: field,
        Audience.figures: figures,
        Audience.asked: asked,
        Audience.serving: serving,
        Audience.nobody: Form.hidden,
    }


_HEALTH = _shown_to(Form.unmasked, Form.hidden, Form.hidden, Form.unmasked)
"""Sensitive (PIPL art. 28): for the file, and for who comes to help."""
_FILE_ONLY = _shown_to(Form.unmasked, Form.hidden, Form.hidden, Form.hidden)
"""No organization is told: relief is given by income and property, a certificate by the degree of disability."""
_ON_REQUEST = _shown_to(Form.revealed, Form.hidden, Form.hidden, Form.revealed)

PERSON: Mapping[str, Mapping[Audience, Form]] = {
    "resident.name": _shown_to(Form.revealed, Form.masked, Form.surname, Form.revealed),
    "resident.id_number": _shown_to(Form.revealed, Form.hidden, Form.hidden, Form.hidden),
    "resident.phone": _ON_REQUEST,
    "resident.phone_owner": _shown_to(Form.revealed, Form.hidden, Form.hidden, Form.hidden),
    "resident.address": _ON_REQUEST,
    "resident.guardian_name": _ON_REQUEST,
    "resident.guardian_phone": _ON_REQUEST,
    "resident.born_on": _shown_to(Form.revealed, Form.age, Form.age_band, Form.age),
    "resident.sex": _shown_to(Form.unmasked, Form.unmasked, Form.hidden, Form.unmasked),
    "resident.region_code": _shown_to(Form.unmasked, Form.unmasked, Form.township, Form.unmasked),
    "resident.relief_category": _FILE_ONLY,
    "resident.vulnerabilities": _HEALTH,
    "resident.self_care": _HEALTH,
    "resident.disability_type": _FILE_ONLY,
    "resident.disability_grade": _FILE_ONLY,
    "alert.name": _shown_to(Form.revealed, Form.hidden, Form.hidden, Form.hidden),
    "alert.id_number": _shown_to(Form.revealed, Form.hidden, Form.hidden, Form.hidden),
    "alert.phone": _shown_to(Form.revealed, Form.hidden, Form.hidden, Form.hidden),
    "need.constraints": _shown_to(Form.unmasked, Form.unmasked, Form.without_health, Form.unmasked),
}
"""How each audience sees what the file knows of a resident (domain section 13; design section 7)."""


CONSENTED: Mapping[str, ConsentData] = {
    "resident.phone": ConsentData.contact,
    "resident.address": ConsentData.contact,
    "resident.guardian_name": ConsentData.contact,
    "resident.guardian_phone": ConsentData.contact,
    "resident.vulnerabilities": ConsentData.health,
    "resident.self_care": ConsentData.health,
    "need.constraints": ConsentData.health,
}
"""The kind that a consent has to name before an organization that serves is told of a field. Without it the field is
as before acceptance, and in the free texts of officers what says something of that kind is masked."""


def audience_of(actor: Principal, stage: Stage = Stage.before) -> Audience:
    """As whom an actor reads of a resident. `stage` matters for organizations only."""
    if actor.organization_id is not None:
        if not may(actor, Action.answer_referrals):
            return Audience.nobody
        return Audience.serving if stage is Stage.serving else Audience.asked
    if may(actor, Action.read_residents):
        return Audience.field
    return Audience.figures if may(actor, Action.read_cases) else Audience.nobody


def form_of(
    actor: Principal, column: str, stage: Stage = Stage.before, *, shared: Collection[ConsentData] = EVERYTHING
) -> Form:
    """How this reader sees a column of READERS or PERSON; the scope (whose rows) is kept by the queries.

    `stage` and `shared`, what the person's consent names today, matter for organizations only: where nothing permits
    telling them of the need any longer, they see it as before they accepted. Raises UndeclaredField for any other
    column.
    """
    if ConsentData.service not in shared or CONSENTED.get(column, ConsentData.service) not in shared:
        stage = Stage.before
    if column in PERSON:
        return PERSON[column][audience_of(actor, stage)]
    if column not in READERS:
        raise UndeclaredField(column)
    if not any(may(actor, action) for action in READERS[column]):
        return Form.hidden
    if actor.organization_id is not None and stage is Stage.before:
        return BEFORE_ACCEPTANCE.get(column, Form.hidden)
    is_partial = actor.organization_id is not None and not set(shared) >= EVERYTHING
    return Form.linted if is_partial and BEFORE_ACCEPTANCE.get(column) is Form.linted else Form.unmasked


@dataclass(frozen=True)
class FieldRow:
    """One cell of the table: how a reader sees a column. `reader` is a role, or "link"."""

    column: str
    reader: str
    stage: Stage
    form: Form


def field_rows() -> Iterator[FieldRow]:
    """The whole table, column by column, for the documents and the tests. Officers have the same row at both stages,
    so theirs stands once."""
    readers: dict[str, Principal] = {
        role.value: Actor(0, "", role, organization_id=1 if role is Role.charity_staff else None) for role in Role
    }
    readers["link"] = LinkHolder(0, 0, 1)
    for column in sorted(READERS.keys() | PERSON.keys()):
        for name, reader in readers.items():
            for stage in Stage if reader.organization_id is not None else (Stage.before,):
                yield FieldRow(column, name, stage, form_of(reader, column, stage))


class GatedText(str):
    """A free text that passed the gate: only `visible` makes one, and a model with such a field takes nothing else."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """A string in JSON and its schema; in Python an instance of this class, never a plain string."""
        return core_schema.json_or_python_schema(
            json_schema=core_schema.str_schema(),
            python_schema=core_schema.is_instance_schema(cls),
            serialization=core_schema.to_string_ser_schema(),
        )


class UndeclaredField(LookupError):
    """A free text is shown that `READERS` does not name."""


Mask = Callable[[str], str]
"""Masks what identifies a person in a text; residents.linter makes one for each resident."""


def visible(
    actor: Principal,
    row: SQLModel,
    field: str,
    *,
    stage: Stage = Stage.before,
    shared: Collection[ConsentData] = EVERYTHING,
    mask: Mask | None = None,
) -> GatedText:
    """The free text in `field` of a row as this reader sees it; empty for a reader who may not, and where nothing is
    written. The audit of the request tells of the row that was read.

    `stage`, `shared` and `mask` matter for organizations only. Without `stage` and `mask` an organization sees nothing
    that could identify the person. Raises UndeclaredField if `READERS` does not say who may read the field.
    """
    column = f"{row.__tablename__}.{field}"
    if column not in READERS:
        raise UndeclaredField(column)
    form, text = form_of(actor, column, stage, shared=shared), getattr(row, field) or ""
    if form is Form.linted and mask is not None:
        return GatedText(mask(text))
    if form is not Form.unmasked:
        return GatedText()
    if text:
        note_read(row)
    return GatedText(text)
