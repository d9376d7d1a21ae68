"""What a user is told when two requests write the same thing at the same moment: by the name of the constraint."""

from collections.abc import Mapping

from sqlalchemy.orm.exc import StaleDataError

from tuoju.accounts.errors import UsernameTaken
from tuoju.cases.errors import DuplicateAlert, DuplicatePolicy
from tuoju.funding.errors import CallNumberTaken, DuplicateCallRule
from tuoju.holdings.errors import ErasureUnderWay
from tuoju.matchmaking.errors import IllegalRankerStep
from tuoju.plans.errors import PlanUnderWay
from tuoju.referrals.errors import AlreadyReferred, SpotChecksDrawn
from tuoju.residents.errors import DuplicateDataPolicy
from tuoju_projects.errors import OrganizationNameTaken, ProjectNameTaken, UsccTaken

UNIQUE_ERRORS: Mapping[str, type[Exception]] = {
    "uq_user_account_username": UsernameTaken,
    "uq_organization_name": OrganizationNameTaken,
    "uq_organization_uscc": UsccTaken,
    "uq_project_organization_id_name": ProjectNameTaken,
    "uq_policy_scheme_region_code_valid_from": DuplicatePolicy,
    "uq_call_rule_name_region_code_valid_from": DuplicateCallRule,
    "uq_funding_call_number": CallNumberTaken,
    "uq_pre_check_application_id": StaleDataError,
    "uq_alert_id_number_index_source_raised_on_region_code": DuplicateAlert,
    "uq_referral_live_need": AlreadyReferred,
    "uq_referral_number": AlreadyReferred,  # numbered by need: two referrals of one need sent at once
    "uq_data_policy_kind_region_code_valid_from": DuplicateDataPolicy,
    "uq_erasure_open_person": ErasureUnderWay,
    "uq_erasure_open_rows": ErasureUnderWay,
    "uq_plan_under_way": PlanUnderWay,
    "uq_ranker_version_in_use": IllegalRankerStep,
    # One row that whoever comes first makes and the other would have changed.
    "uq_account_reach_user_id": StaleDataError,
    "uq_totp_secret_user_id": StaleDataError,
    "uq_passkey_credential_id": StaleDataError,
    "uq_draft_user_id_form": StaleDataError,
    "uq_organization_contact_organization_id": StaleDataError,
    "uq_society_region_code": StaleDataError,
    "uq_fund_region_code": StaleDataError,
    "uq_gap_open_need": StaleDataError,
    "uq_referral_link_current": StaleDataError,
    "uq_contact_change_open": StaleDataError,
    "uq_invitation_open": StaleDataError,
    "uq_grant_proposal_pending": StaleDataError,
    "uq_complaint_open": StaleDataError,
    "uq_spot_check_draw_region_code_month": SpotChecksDrawn,
    "uq_resident_update_referral_id_kind_day": StaleDataError,
    "uq_service_visit_submission_key": StaleDataError,
    "uq_case_conflict_case_id_user_id": StaleDataError,
    "uq_investigation_case_id_edition": StaleDataError,
    "uq_issued_file_sha256": StaleDataError,
    "uq_daily_limit_role_budget_valid_from": StaleDataError,
    "pk_paused_channel": StaleDataError,
    "pk_calendar_day": StaleDataError,
    "pk_calendar_year": StaleDataError,
}
"""Unique constraints that two users can violate by acting at once, and the error that each of them is answered with.
StaleDataError says that someone else has just changed this."""

NOT_RACED: Mapping[str, str] = {
    "uq_audit_entry_scope_sequence": "the head of the chain is locked while an entry is added",
    "uq_resident_id_number_index": "handled where a file is opened or corrected, which tells nothing of other places",
    "uq_resident_id_number_index_region_code": "handled where a file is opened or corrected",
    "uq_budget_use_user_id_budget_day": "inserted with ON CONFLICT DO NOTHING",
    "uq_need_vector_need_id": "one worker computes vectors, and a second computes what the first lost again",
    "uq_project_vector_project_id": "as that of needs",
    "pk_audit_chain": "handled where a chain is begun",
    "uq_assistance_case_number": "the village's row is locked while the number is taken",
    "uq_spot_check_draw_id_referral_id": "the draw is new and its referrals are a set",
    "uq_monthly_summary_region_code_month_edition": "the region's row is locked while an edition is prepared",
    "uq_alert_case_id": "an alert is locked while it is answered, and its case is new",
    "uq_visit_attendance_visit_id_resident_id": "the visit is new and its people are a set",
    "uq_plan_part_plan_id_region_code": "one worker has claimed the plan",
    "uq_plan_line_plan_id_need_id": "one worker has claimed the plan",
    "uq_ranker_version_number": "numbered by the training task, which handles it",
    "uq_idempotency_key_owner_key": "handled where the key is claimed",
    "uq_notification_key": "handled where the message is written",
    "uq_notification_message_id": "random",
    "uq_background_job_open": "handled where the job is started",
    "uq_import_row_job_id_row": "one worker has claimed the job",
    "uq_background_job_file_key": "random",
    "uq_call_topic_call_id_category_target_group": "the call is new, and its topics are those of one plan",
    "uq_funding_application_call_id_receipt": "the call is locked while the number is taken",
    "uq_application_version_application_id_number": "the call is locked while a version is kept",
    "uq_call_member_call_id_user_id": "the call is locked while a hat is given",
    "uq_funding_review_live": "the call is locked while reviewers are assigned",
    "uq_attachment_file_key": "random",
    "uq_invitation_token_hash": "random",
    "uq_consent_paper_file_key": "random",
    "uq_referral_link_handle": "random",
    "uq_referral_link_token_hash": "random",
    "uq_user_session_token_hash": "random",
    "uq_passkey_challenge_challenge": "random",
    "pk_attempt_counter": "counted by an upsert",
    "pk_region": "loaded by the operator's command",
    "pk_region_outline": "loaded by the operator's command",
    "pk_heartbeat": "written by workers",
    "pk_periodic_turn": "written by schedulers, which handle it",
    "pk_provider_circuit": "written by workers, which handle it",
    "pk_notification_tally": "counted by an upsert",
}
"""Unique constraints that no two users can violate, and why. A violation of one of these is a programming error."""
