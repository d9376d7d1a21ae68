"""Who may read the free texts about a person: the one gate for pages, API, papers and sheets.

Every sealed column stands here: in `READERS` if it is shown as text, in `NOT_SHOWN_AS_TEXT` with a reason if it is not.
Columns are named as "table.column", because the tables belong to the rooms above.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from sqlmodel import SQLModel

from tuoju.accounts.permissions import Action, Principal, may

_FIELD = frozenset({Action.read_residents})
_CASE = frozenset({Action.read_cases})
_CASE_WORK = frozenset({Action.record_cases})
_REFERRAL = frozenset({Action.read_referrals, Action.answer_referrals})
_VISIT = frozenset({Action.read_referrals, Action.record_visits})
_SUMMARY = frozenset({Action.read_summaries})

READERS: Mapping[str, frozenset[Action]] = {
    "need.text": frozenset({Action.read_need_texts}),
    "assistance_case.summary": _FIELD,
    "assistance_case.first_help_reason": _FIELD,
    "case_step.note": _FIELD,
    "case_pause.reason": _CASE,
    "case_conflict.relation": _CASE,
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
    "referral.note": _REFERRAL,
    "referral.end_note": _REFERRAL,
    "referral.satisfaction_comment": frozenset({Action.send_referrals}),
    "referral_event.note": _REFERRAL,
    "referral_event.holder_name": _REFERRAL,
    "referral_message.text": _REFERRAL,
    "referral_message.holder_name": _REFERRAL,
    "service_visit.content": _VISIT,
    "service_visit.problems": _VISIT,
    "service_visit.in_error_reason": _VISIT,
    "emergency_override.reason": frozenset({Action.review_overrides}),
    "protection_report.what": frozenset({Action.record_residents}),
    "protection_report.followed_up": frozenset({Action.record_residents}),
    "monthly_summary.reason": _SUMMARY,
    "monthly_summary.return_reason": _SUMMARY,
}
"""For each free text the actions of which a reader needs one. The scope (whose rows) is kept by the queries."""

_MASKED_OR_REVEALED = "shown masked (residents.masking), in full only by an audited reading for a purpose"
_CONTACT = "a contact: messages are sent there; shown to whoever may change it"
_OWN_INPUT = "what a user typed, given back to the same user only"

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
    "organization_contact.name": _CONTACT,
    "organization_contact.mobile": _CONTACT,
    "organization_contact.email": _CONTACT,
    "account_reach.email": _CONTACT,
    "account_reach.mobile": _CONTACT,
    "notification.address": _CONTACT,
    "subscription.address": _CONTACT,
    "draft.content": _OWN_INPUT,
}
"""Sealed columns that no page and no representation shows as text, with the reason."""


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


def visible(actor: Principal, row: SQLModel, field: str) -> GatedText:
    """The free text in `field` of a row for this reader; empty for a reader who may not, and where nothing is written.

    Raises UndeclaredField if `READERS` does not say who may read the field.
    """
    column = f"{row.__tablename__}.{field}"
    if column not in READERS:
        raise UndeclaredField(column)
    if not any(may(actor, action) for action in READERS[column]):
        return GatedText()
    return GatedText(getattr(row, field) or "")
