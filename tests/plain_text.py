"""The texts that stand in plain, with the reason: columns of the database, fields of API answers and of view objects.

Nobody may write about a person in any of them. The guards in test_personal_text.py refuse every text that is neither
sealed or gated nor named here.
"""

from collections.abc import Iterable, Mapping

CODE = "a code of a list (code_lists.csv, service types, languages) or of the program, chosen and not typed"
DIVISION = "a code or name of an administrative division"
PUBLISHED = "public by nature: what an organization, a project or a rule publishes of itself"
NUMBER = "a number, key or lease that the program makes"
DEVICE = (
    "where a colleague signed in: a browser's name, a network address (its end hidden, or kept for an hour to count)"
)
PUBLIC_KEY = "the public half of a passkey, or a random value that it signs: opens nothing"
HASH = "a hash: nothing can be read out of it"
NOTICE = "posted on the village board: masked by construction, checked for what would identify someone (relief.notices)"
OFFICE = "the name under which a colleague works, or a name they chose for an account or a robot"
FIGURES = "numbers, ids and codes that the program computes, no words of a person"
PURPOSE = "why something was read: a code or a few words on the reader's task; part of the chain anyone can verify"
NETWORK = (
    "the network of a client, never its whole address (request_context.network_of); sealed it could not be verified"
)
OWN_WORDS = "words of the program in the reader's language"
MASKED = "masked (residents.masking): a few characters only"
REVEALED = "in full by an audited reading for a purpose (residents.service.reveal)"
TIME = "a day or month as text"
TYPED = "what the reader has just typed into the form"


def _by_name(groups: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {name: reason for reason, names in groups.items() for name in names}


COLUMNS = _by_name(
    {
        CODE: [
            "assistance_case.discovery_channel",
            "assistance_case.hardship_cause",
            "attachment.media_type",
            "audit_entry.action",
            "audit_entry.subject_type",
            "background_job.language",
            "background_job.list_name",
            "background_job.problem_detail",
            "background_job.purpose",
            "consent.category",
            "consent.data",
            "consent.method",
            "consent_paper.media_type",
            "erasure.blocks",
            "draft.form",
            "eligibility_rule.values",
            "gap.category",
            "gap.obstacles",
            "heartbeat.part",
            "need.category",
            "need.constraints",
            "need.wished_times",
            "protection_report.dangers",
            "notification.called_off",
            "notification.language",
            "notification.last_error",
            "notification.provider",
            "notification_event.code",
            "notification_event.provider",
            "organization.org_type",
            "periodic_turn.job",
            "plan_line.age",
            "plan_line.category",
            "plan_line.hardship",
            "plan_line.obstacle",
            "plan_line.remoteness",
            "plan_line.sex",
            "posting.account",
            "call_topic.category",
            "call_topic.target_group",
            "funding_call.criteria",
            "funding_call.rules",
            "funding_step.after",
            "pre_check.asked_parts",
            "pre_check.results",
            "funding_review.points",
            "funding_step.before",
            "funding_step.machine",
            "funding_step.verb",
            "project.categories",
            "project.invented",
            "project.target_groups",
            "provider_circuit.provider",
            "public_notice.cause",
            "public_notice.helps",
            "resident.disability_grade",
            "resident.disability_type",
            "resident.relief_category",
            "resident.vulnerabilities",
            "service_visit.category",
            "user_account.language",
        ],
        DIVISION: [
            "organization.region_code",
            "plan_line.county",
            "plan_line.township",
            "call_topic.townships",
            "funding_application.region_code",
            "funding_call.region_code",
            "project.areas",
            "region.code",
            "region.name",
            "region.path",
            "region_change.former_name",
            "region_change.former_parent_code",
            "region_change.region_code",
            "region_change.source",
            "region_change.successor_code",
            "region_outline.polygons",
            "region_outline.region_code",
        ],
        PUBLISHED: [
            "calendar_day.name_en",
            "calendar_day.name_zh",
            "calendar_day.source",
            "calendar_year.source",
            "organization.filing_number",
            "organization.name",
            "organization.uscc",
            "call_rule.source",
            "call_question.answer",
            "call_question.question",
            "funding_call.cancel_reason",
            "funding_call.introduction",
            "funding_call.number",
            "funding_call.telephone",
            "funding_call.title",
            "data_policy.citation",
            "data_policy.source",
            "policy.citation",
            "policy.source",
            "policy.title",
            "project.description",
            "project.family",
            "project.name",
            "project.source",
            "society.telephone",
        ],
        NUMBER: [
            "assistance_case.number",
            "attachment.file_key",
            "audit_chain.key_id",
            "background_job.file_key",
            "consent_paper.file_key",
            "audit_chain.scope",
            "audit_entry.key_id",
            "audit_entry.request_id",
            "audit_entry.scope",
            "audit_entry.subject_id",
            "idempotency_key.fingerprint",
            "idempotency_key.key",
            "idempotency_key.owner",
            "match.ranker",
            "notification.group_key",
            "notification.key",
            "notification.lease",
            "notification.link",
            "notification.message_id",
            "notification.provider_reference",
            "plan.ranker",
            "referral.number",
            "referral_link.handle",
            "service_visit.submission_key",
        ],
        DEVICE: ["attempt_counter.key", "user_session.device", "user_session.network"],
        PUBLIC_KEY: ["passkey.credential_id", "passkey.public_key", "passkey_challenge.challenge"],
        HASH: [
            "application_version.sha256",
            "alert.id_number_index",
            "attachment.sha256",
            "background_job.fingerprint",
            "consent_paper.sha256",
            "audit_chain.hash",
            "audit_chain.mac",
            "audit_entry.hash",
            "audit_entry.mac",
            "audit_entry.previous_hash",
            "idempotency_key.body_hash",
            "issued_file.sha256",
            "monthly_summary.digest",
            "spot_check_draw.seed",
            "recovery_code.code_hash",
            "invitation.token_hash",
            "referral_link.token_hash",
            "resident.id_number_index",
            "user_account.password_hash",
            "user_session.token_hash",
        ],
        NOTICE: ["public_notice.remark", "public_notice.shown_name"],
        OFFICE: ["subscription.name", "user_account.display_name", "user_account.username"],
        FIGURES: [
            "audit_entry.detail",
            "investigation.investigator_ids",
            "match.features",
            "match.reasons",
            "match.slate",
            "monthly_summary.sheet",
            "spot_check_draw.population",
            "notification.parameters",
            "plan.comparison",
            "plan.forward",
            "plan.gains",
            "plan.prices",
            "plan.seen",
            "plan_part.result",
            "project_vector.vector",
            "ranker_version.acceptance",
            "ranker_version.met",
            "ranker_version.report",
        ],
        PURPOSE: ["audit_entry.purpose"],
        NETWORK: ["audit_entry.address"],
        TIME: ["monthly_summary.month", "resident_update.day", "spot_check_draw.month"],
    }
)
"""Columns "table.column" that are text or JSON and not sealed."""

ANSWER_FIELDS = _by_name(
    {
        CODE: [
            "actions",
            "actual",
            "categories",
            "category",
            "code",
            "constraints",
            "disability_grade",
            "disability_type",
            "discovery_channel",
            "feature",
            "hardship_cause",
            "invented",
            "key",
            "method",
            "obstacle",
            "org_type",
            "relief_category",
            "target_groups",
            "values",
            "vulnerabilities",
            "wanted",
            "wished_times",
        ],
        DIVISION: [
            "RegionFound.name",
            "RegionName.name",
            "county",
            "full_name",
            "parent_code",
            "region_code",
        ],
        PUBLISHED: [
            "OrganizationShown.name",
            "ProjectListed.name",
            "ProjectShown.name",
            "ProjectShown.description",
            "ProjectListed.family",
            "ProjectShown.family",
            "filing_number",
            "organization_name",
            "project_name",
            "ProjectShown.source",
            "uscc",
        ],
        NUMBER: ["case_number", "NotificationShown.link", "next", "number", "ranker", "token"],
        TIME: ["month"],
        OFFICE: ["display_name"],
        OWN_WORDS: [
            "NotificationShown.text",
            "Code.label",
            "MatchProposed.reasons",
            "MatchProposed.would_rank_higher",
            "Obstacle.detail",
        ],
        MASKED: [
            "Person.id_number",
            "Person.name",
            "Person.phone",
            "PersonReferred.name",
            "Preview.name",
            "ResidentFile.id_number",
            "ResidentFile.name",
            "ResidentFile.phone",
            "age_band",
        ],
        REVEALED: [
            "Revealed.address",
            "Revealed.guardian_name",
            "Revealed.guardian_phone",
            "Revealed.id_number",
            "Revealed.name",
            "Revealed.phone",
        ],
    }
)
"""Text fields of API answers that do not go through the gate: by name, or as "Class.field" where a sealed column bears
the same name."""

ANY_NAME = frozenset({"name"})
"""Names of gated columns that view objects use for so many other things that the guard of views leaves them out."""

VIEW_FIELDS = _by_name(
    {
        OWN_WORDS: [
            "Bar.text",
            "BriefPage.text",
            "CityCell.text",
            "CountyShape.text",
            "DayChip.text",
            "EventRow.reason",
            "InboxRow.text",
            "MessageRow.text",
            "Deadline.note",
            "FilterLink.text",
            "OtherHelp.what",
            "PrintLink.text",
            "RouteRow.summary",
            "SupervisionCell.text",
            "Tile.note",
            "TimelineEntry.what",
        ],
        TYPED: ["SearchPage.text", "TypedStep.note", "TypedStep.reason"],
        PURPOSE: ["EntryRow.purpose", "ReadingRow.purpose"],
    }
)
"""Plain text fields of view objects that bear the name of a gated column, as "Class.field"."""
