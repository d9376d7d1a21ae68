"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001_first_release"
down_revision = None
branch_labels = None
depends_on = None


TRIGGERS = {
    "sqlite": (
        (
            "CREATE TRIGGER monthly_summary_stays BEFORE UPDATE ON monthly_summary WHEN OLD.signed_at IS NOT "
            "NULL AND (NEW.region_code IS NOT OLD.region_code OR NEW.month IS NOT OLD.month OR NEW.edition IS "
            "NOT OLD.edition OR NEW.first_day IS NOT OLD.first_day OR NEW.last_day IS NOT OLD.last_day OR "
            "NEW.sheet IS NOT OLD.sheet OR NEW.digest IS NOT OLD.digest OR NEW.counted_at IS NOT OLD.counted_at "
            "OR NEW.signed_by IS NOT OLD.signed_by OR NEW.signed_at IS NOT OLD.signed_at) BEGIN SELECT "
            "RAISE(ABORT, 'a signed summary stays as it is'); END"
        ),
        (
            "CREATE TRIGGER monthly_summary_kept BEFORE DELETE ON monthly_summary WHEN OLD.signed_at IS NOT NULL "
            "BEGIN SELECT RAISE(ABORT, 'a signed summary stays as it is'); END"
        ),
    ),
    "postgresql": (
        (
            "CREATE OR REPLACE FUNCTION monthly_summary_stays() RETURNS trigger AS $$ BEGIN IF OLD.signed_at IS "
            "NOT NULL AND (TG_OP = 'DELETE' OR NEW.region_code::text IS DISTINCT FROM OLD.region_code::text OR "
            "NEW.month::text IS DISTINCT FROM OLD.month::text OR NEW.edition::text IS DISTINCT FROM "
            "OLD.edition::text OR NEW.first_day::text IS DISTINCT FROM OLD.first_day::text OR NEW.last_day::text "
            "IS DISTINCT FROM OLD.last_day::text OR NEW.sheet::text IS DISTINCT FROM OLD.sheet::text OR "
            "NEW.digest::text IS DISTINCT FROM OLD.digest::text OR NEW.counted_at::text IS DISTINCT FROM "
            "OLD.counted_at::text OR NEW.signed_by::text IS DISTINCT FROM OLD.signed_by::text OR "
            "NEW.signed_at::text IS DISTINCT FROM OLD.signed_at::text) THEN RAISE EXCEPTION 'a signed summary "
            "stays as it is'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$ LANGUAGE "
            "plpgsql"
        ),
        (
            "CREATE TRIGGER monthly_summary_stays BEFORE UPDATE OR DELETE ON monthly_summary FOR EACH ROW "
            "EXECUTE FUNCTION monthly_summary_stays()"
        ),
    ),
}
"""What keeps signed rows as they are, whoever writes to the database."""


def _audit_chain() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_audit_chain")),
    )


def _audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("scope", "sequence", name=op.f("uq_audit_entry_scope_sequence")),
    )
    op.create_index(op.f("ix_audit_entry_actor_id"), "audit_entry", ["actor_id"], unique=False)
    op.create_index(op.f("ix_audit_entry_subject_id"), "audit_entry", ["subject_id"], unique=False)


def _calendar_day() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )


def _calendar_year() -> None:
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
    )


def _heartbeat() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_heartbeat")),
    )


def _notification() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "referral_received",
                "referral_accepted",
                "referral_rejected",
                "referral_waitlisted",
                "referral_expired",
                "referral_cancelled",
                "referral_completed",
                "referral_failed",
                "referral_question",
                "referral_reply",
                "first_visit_planned",
                "link_wanted",
                "link_sent",
                "referral_stuck",
                "referral_expiring",
                "visit_due",
                "deadline_ahead",
                "deadline_due",
                "deadline_overdue",
                "deadline_escalated",
                "resident_referred",
                "resident_accepted",
                "resident_visit",
                "resident_closed",
                "gap_found",
                "override_to_review",
                "plan_ready",
                "plan_sent",
                "plan_referred",
                "consent_wanted",
                "daily_digest",
                name="notificationkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "in_app",
                "email",
                "sms",
                "robot",
                "webhook",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "urgency",
            sa.Enum("urgent", "normal", "digest", name="urgency", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "recipient_type",
            sa.Enum(
                "user",
                "organization",
                "resident",
                "group",
                "integrator",
                name="recipienttype",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "created",
                "sending",
                "sent",
                "delivered",
                "temporary_failure",
                "permanent_failure",
                "technical_failure",
                "called_off",
                name="notificationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handovers", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_reference", sa.String(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("called_off", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hand_over_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("key", name=op.f("uq_notification_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notification_message_id")),
    )
    op.create_index(op.f("ix_notification_created_at"), "notification", ["created_at"], unique=False)
    op.create_index(op.f("ix_notification_group_key"), "notification", ["group_key"], unique=False)
    op.create_index(
        "ix_notification_inbox", "notification", ["recipient_type", "recipient_id", "channel", "id"], unique=False
    )
    op.create_index(
        "ix_notification_open",
        "notification",
        ["hand_over_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('created', 'sending', 'temporary_failure')"),
        sqlite_where=sa.text("state IN ('created', 'sending', 'temporary_failure')"),
    )
    op.create_index(
        "ix_notification_provider_reference", "notification", ["provider", "provider_reference"], unique=False
    )
    op.create_index(op.f("ix_notification_state"), "notification", ["state"], unique=False)


def _notification_tally() -> None:
    op.create_table(
        "notification_tally",
        sa.Column(
            "channel",
            sa.Enum(
                "in_app",
                "email",
                "sms",
                "robot",
                "webhook",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "created",
                "sending",
                "sent",
                "delivered",
                "temporary_failure",
                "permanent_failure",
                "technical_failure",
                "called_off",
                name="notificationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "state", "bucket", "shard", name=op.f("pk_notification_tally")),
    )


def _organization() -> None:
    op.create_table(
        "organization",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("org_type", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("filing_number", sa.String(), nullable=True),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_phone", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("name", name=op.f("uq_organization_name")),
        sa.UniqueConstraint("uscc", name=op.f("uq_organization_uscc")),
    )


def _paused_channel() -> None:
    op.create_table(
        "paused_channel",
        sa.Column(
            "channel",
            sa.Enum(
                "in_app",
                "email",
                "sms",
                "robot",
                "webhook",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_paused_channel")),
    )


def _periodic_turn() -> None:
    op.create_table(
        "periodic_turn",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_periodic_turn")),
    )


def _provider_circuit() -> None:
    op.create_table(
        "provider_circuit",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_circuit")),
    )


def _region() -> None:
    op.create_table(
        "region",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "city",
                "county",
                "township",
                "village",
                name="regionlevel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("parent_code", sa.String(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["parent_code"], ["region.code"], name=op.f("fk_region_parent_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
    )
    op.create_index(op.f("ix_region_parent_code"), "region", ["parent_code"], unique=False)
    op.create_index(op.f("ix_region_path"), "region", ["path"], unique=False)


def _household() -> None:
    op.create_table(
        "household",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_household_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
    )
    op.create_index(op.f("ix_household_region_code"), "household", ["region_code"], unique=False)


def _notification_event() -> None:
    op.create_table(
        "notification_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "created",
                "sending",
                "sent",
                "delivered",
                "temporary_failure",
                "permanent_failure",
                "technical_failure",
                "called_off",
                name="notificationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_notification_event_notification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_event")),
    )
    op.create_index(
        op.f("ix_notification_event_notification_id"), "notification_event", ["notification_id"], unique=False
    )


def _policy() -> None:
    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "scheme",
            sa.Enum(
                "society_relief",
                "small_urgent",
                "temporary_relief",
                "low_income",
                "charity_referral",
                name="scheme",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("has_procedure", sa.Boolean(), nullable=False),
        sa.Column("opinion_within", sa.Integer(), nullable=False),
        sa.Column("relief_within", sa.Integer(), nullable=False),
        sa.Column(
            "handling_unit",
            sa.Enum(
                "working_day", "calendar_day", name="dayunit", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "notice_phase",
            sa.Enum(
                "none",
                "pre_decision",
                "post_relief",
                name="noticephase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("notice_within", sa.Integer(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column(
            "notice_unit",
            sa.Enum(
                "working_day", "calendar_day", name="noticeunit", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("notice_counts_first_day", sa.Boolean(), nullable=False),
        sa.Column("objection_within", sa.Integer(), nullable=False),
        sa.Column("investigators_at_least", sa.Integer(), nullable=False),
        sa.Column("revisitors_at_least", sa.Integer(), nullable=False),
        sa.Column("sole_officer_may_decide", sa.Boolean(), nullable=False),
        sa.Column("persons_per_payment", sa.Integer(), nullable=False),
        sa.Column("payment_cap_fen", sa.Integer(), nullable=True),
        sa.Column("yearly_cap_fen", sa.Integer(), nullable=True),
        sa.Column("first_help_cap_fen", sa.Integer(), nullable=True),
        sa.Column("repeat_within_days", sa.Integer(), nullable=False),
        sa.Column("alert_within", sa.Integer(), nullable=False),
        sa.Column("low_balance_fen", sa.Integer(), nullable=True),
        sa.Column("summary_cutoff_day", sa.Integer(), nullable=False),
        sa.Column("summary_within", sa.Integer(), nullable=False),
        sa.Column("answer_within", sa.Integer(), nullable=False),
        sa.Column("first_visit_within", sa.Integer(), nullable=False),
        sa.Column("referrals_at_most", sa.Integer(), nullable=False),
        sa.Column("remind_before", sa.Integer(), nullable=False),
        sa.Column("township_after", sa.Integer(), nullable=False),
        sa.Column("county_after", sa.Integer(), nullable=False),
        sa.Column("news_from", sa.Time(), nullable=False),
        sa.Column("news_until", sa.Time(), nullable=False),
        sa.Column("reminders_from", sa.Time(), nullable=False),
        sa.Column("reminders_until", sa.Time(), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_policy_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint(
            "scheme", "region_code", "valid_from", name=op.f("uq_policy_scheme_region_code_valid_from")
        ),
    )
    op.create_index(op.f("ix_policy_scheme"), "policy", ["scheme"], unique=False)


def _project() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("target_groups", sa.JSON(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("home_visits", sa.Boolean(), nullable=False),
        sa.Column(
            "funding_type",
            sa.Enum(
                "venture_philanthropy",
                "government_purchase",
                "own_funds",
                "welfare_lottery",
                "earmarked_donation",
                name="fundingtype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("last_intake_on", sa.Date(), nullable=True),
        sa.Column("places_total", sa.Integer(), nullable=False),
        sa.Column("places_taken", sa.Integer(), nullable=False),
        sa.Column("places_stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("budget_fen", sa.Integer(), nullable=False),
        sa.Column("target_person_times", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "open",
                "suspended",
                "closed",
                name="projectstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("invented", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_project_period_in_order")),
        sa.CheckConstraint("places_taken <= places_total", name=op.f("ck_project_places_never_given_twice")),
        sa.CheckConstraint("places_taken >= 0", name=op.f("ck_project_places_taken_not_negative")),
        sa.CheckConstraint("places_total >= 0", name=op.f("ck_project_places_total_not_negative")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_project_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_project_organization_id_name")),
    )
    op.create_index(op.f("ix_project_changed_at"), "project", ["changed_at"], unique=False)
    op.create_index(op.f("ix_project_organization_id"), "project", ["organization_id"], unique=False)
    op.create_index(op.f("ix_project_state"), "project", ["state"], unique=False)


def _user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "social_worker",
                "township_officer",
                "charity_staff",
                "program_manager",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("region_code", sa.String(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_user_account_organization_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_user_account_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    op.create_index(op.f("ix_user_account_organization_id"), "user_account", ["organization_id"], unique=False)


def _account_reach() -> None:
    op.create_table(
        "account_reach",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column(
            "by_email",
            sa.Enum(
                "nothing",
                "urgent_only",
                "usual",
                "everything",
                name="notificationvolume",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "by_sms",
            sa.Enum(
                "nothing",
                "urgent_only",
                "usual",
                "everything",
                name="volumebysms",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_to", sa.Time(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_account_reach_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_reach")),
        sa.UniqueConstraint("user_id", name=op.f("uq_account_reach_user_id")),
    )


def _draft() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=80), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_draft_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("user_id", "form", name=op.f("uq_draft_user_id_form")),
    )


def _eligibility_rule() -> None:
    op.create_table(
        "eligibility_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "min_age",
                "max_age",
                "sex",
                "relief_category",
                "vulnerability",
                "self_care",
                "disability_type",
                "disability_grade_at_most",
                name="rulekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_eligibility_rule_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_rule")),
    )
    op.create_index(op.f("ix_eligibility_rule_project_id"), "eligibility_rule", ["project_id"], unique=False)


def _fund() -> None:
    op.create_table(
        "fund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_fund_opened_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_fund_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund")),
        sa.UniqueConstraint("region_code", name=op.f("uq_fund_region_code")),
    )


def _idempotency_key() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("response", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_idempotency_key_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_idempotency_key_user_id_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)


def _issued_file() -> None:
    op.create_table(
        "issued_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "person_file", "person_archive", name="issuedkind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["issued_by"], ["user_account.id"], name=op.f("fk_issued_file_issued_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_issued_file_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_file")),
        sa.UniqueConstraint("sha256", name=op.f("uq_issued_file_sha256")),
    )


def _monthly_summary() -> None:
    op.create_table(
        "monthly_summary",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("sheet", sa.JSON(), nullable=False),
        sa.Column("nothing_happened", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "prepared",
                "handed_in",
                "returned",
                "accepted",
                name="summarystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_by", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.Integer(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_monthly_summary_answered_by")),
        sa.ForeignKeyConstraint(["prepared_by"], ["user_account.id"], name=op.f("fk_monthly_summary_prepared_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_monthly_summary_region_code")),
        sa.ForeignKeyConstraint(["signed_by"], ["user_account.id"], name=op.f("fk_monthly_summary_signed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monthly_summary")),
        sa.UniqueConstraint(
            "region_code", "month", "edition", name=op.f("uq_monthly_summary_region_code_month_edition")
        ),
    )
    op.create_index(op.f("ix_monthly_summary_month"), "monthly_summary", ["month"], unique=False)
    op.create_index(op.f("ix_monthly_summary_region_code"), "monthly_summary", ["region_code"], unique=False)


def _organization_contact() -> None:
    op.create_table(
        "organization_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["user_account.id"], name=op.f("fk_organization_contact_changed_by")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_organization_contact_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_contact")),
        sa.UniqueConstraint("organization_id", name=op.f("uq_organization_contact_organization_id")),
    )


def _place_entry() -> None:
    op.create_table(
        "place_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column(
            "move",
            sa.Enum(
                "published",
                "held",
                "used",
                "freed",
                "corrected",
                name="placemove",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_place_entry_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_entry")),
    )
    op.create_index(op.f("ix_place_entry_project_id"), "place_entry", ["project_id"], unique=False)
    op.create_index(op.f("ix_place_entry_referral_id"), "place_entry", ["referral_id"], unique=False)


def _plan() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "computing",
                "proposed",
                "sending",
                "approved",
                "superseded",
                "discarded",
                "failed",
                name="planstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "fair_by",
            sa.Enum(
                "county",
                "township",
                "remoteness",
                "hardship",
                "sex",
                "age",
                name="grouping",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("fair_within", sa.Integer(), nullable=False),
        sa.Column("fair_least", sa.Integer(), nullable=True),
        sa.Column("previous_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "waiting",
                "reading",
                "solving",
                "joining",
                "comparing",
                "valuing",
                "writing",
                "sending",
                "done",
                name="planstage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("worked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("computed_on", sa.Date(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ranker", sa.String(), nullable=False),
        sa.Column("quality", sa.Float(), nullable=False),
        sa.Column("bound", sa.Float(), nullable=False),
        sa.Column("fairness_cost", sa.Float(), nullable=False),
        sa.Column("comparison", sa.JSON(), nullable=False),
        sa.Column("prices", sa.JSON(), nullable=False),
        sa.Column("gains", sa.JSON(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_plan_decided_by")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_plan_made_by")),
        sa.ForeignKeyConstraint(["previous_id"], ["plan.id"], name=op.f("fk_plan_previous_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_plan_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index(op.f("ix_plan_region_code"), "plan", ["region_code"], unique=False)
    op.create_index(op.f("ix_plan_state"), "plan", ["state"], unique=False)
    op.create_index(
        "uq_plan_under_way",
        "plan",
        ["region_code"],
        unique=True,
        sqlite_where=sa.text("state IN ('computing', 'sending')"),
        postgresql_where=sa.text("state IN ('computing', 'sending')"),
    )


def _ranker_version() -> None:
    op.create_table(
        "ranker_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "not_adopted",
                "ready",
                "in_use",
                "replaced",
                "drifted",
                "out_of_use",
                name="rankerstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "finding",
            sa.Enum(
                "better",
                "too_few",
                "nothing_learned",
                "not_better",
                "harms_group",
                name="finding",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_from", sa.Date(), nullable=True),
        sa.Column("window_to", sa.Date(), nullable=True),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("met", sa.JSON(), nullable=True),
        sa.Column("acceptance", sa.JSON(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("moved_by", sa.Integer(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["moved_by"], ["user_account.id"], name=op.f("fk_ranker_version_moved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranker_version")),
        sa.UniqueConstraint("number", name=op.f("uq_ranker_version_number")),
    )
    op.create_index(
        "uq_ranker_version_in_use",
        "ranker_version",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'in_use'"),
        postgresql_where=sa.text("state = 'in_use'"),
    )


def _resident() -> None:
    op.create_table(
        "resident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "id_type",
            sa.Enum(
                "resident_id",
                "residence_permit",
                "hmt_residence_permit",
                "passport",
                "none",
                name="idtype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("id_number", sa.Text(), nullable=True),
        sa.Column("id_number_index", sa.String(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_owner", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("born_on", sa.Text(), nullable=True),
        sa.Column(
            "sex",
            sa.Enum("male", "female", "unknown", name="sex", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("relief_category", sa.String(), nullable=False),
        sa.Column("vulnerabilities", sa.JSON(), nullable=False),
        sa.Column("disability_type", sa.String(), nullable=True),
        sa.Column("disability_grade", sa.String(), nullable=True),
        sa.Column(
            "self_care",
            sa.Enum(
                "not_assessed",
                "able",
                "partly_unable",
                "unable",
                name="selfcare",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("guardian_name", sa.Text(), nullable=True),
        sa.Column("guardian_phone", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_resident_household_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_resident_recorded_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_resident_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident")),
        sa.UniqueConstraint("id_number_index", name=op.f("uq_resident_id_number_index")),
    )
    op.create_index(op.f("ix_resident_household_id"), "resident", ["household_id"], unique=False)
    op.create_index(op.f("ix_resident_region_code"), "resident", ["region_code"], unique=False)


def _society() -> None:
    op.create_table(
        "society",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("telephone", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_society_recorded_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_society_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_society")),
        sa.UniqueConstraint("region_code", name=op.f("uq_society_region_code")),
    )


def _subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "in_app",
                "email",
                "sms",
                "robot",
                "webhook",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("urgent_only", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_subscription_created_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_subscription_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    op.create_index(op.f("ix_subscription_region_code"), "subscription", ["region_code"], unique=False)


def _user_session() -> None:
    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("browser", "api", name="sessionkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"], unique=False)


def _assistance_case() -> None:
    op.create_table(
        "assistance_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column(
            "opened_by",
            sa.Enum(
                "application",
                "proactive_discovery",
                name="openedby",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("discovery_channel", sa.String(), nullable=False),
        sa.Column("hardship_cause", sa.String(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "recorded",
                "investigating",
                "under_review",
                "announced",
                "approved",
                "refused",
                "relieved",
                "publicised",
                "objected",
                "closed",
                "withdrawn",
                "entered_in_error",
                name="casestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column(
            "scheme",
            sa.Enum(
                "society_relief",
                "small_urgent",
                "temporary_relief",
                "low_income",
                "charity_referral",
                name="scheme",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("has_procedure", sa.Boolean(), nullable=False),
        sa.Column("needs_notice", sa.Boolean(), nullable=False),
        sa.Column("first_help_reason", sa.Text(), nullable=False),
        sa.Column("reviewed_by", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "opinion",
            sa.Enum(
                "relieve",
                "services_only",
                "refuse",
                name="opinion",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_alone", sa.Boolean(), nullable=False),
        sa.Column("granted_fen", sa.Integer(), nullable=True),
        sa.Column(
            "refusal_reason",
            sa.Enum(
                "not_in_hardship",
                "helped_already",
                "other_scheme",
                "not_as_stated",
                "other",
                name="refusalreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("relief_completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_ends_on", sa.Date(), nullable=True),
        sa.Column("objected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "due_step",
            sa.Enum(
                "opinion",
                "relief",
                "notice",
                "objection",
                name="clockstep",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("with_care", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_assistance_case_decided_by")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_assistance_case_policy_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_assistance_case_recorded_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_assistance_case_region_code")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_assistance_case_resident_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["user_account.id"], name=op.f("fk_assistance_case_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistance_case")),
        sa.UniqueConstraint("number", name=op.f("uq_assistance_case_number")),
    )
    op.create_index(op.f("ix_assistance_case_due_at"), "assistance_case", ["due_at"], unique=False)
    op.create_index(op.f("ix_assistance_case_region_code"), "assistance_case", ["region_code"], unique=False)
    op.create_index(op.f("ix_assistance_case_resident_id"), "assistance_case", ["resident_id"], unique=False)


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "referral",
                "publicity",
                "checking",
                "notifications",
                name="consentpurpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column(
            "given_by",
            sa.Enum("self", "guardian", name="consentgiver", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_consent_organization_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_consent_recorded_by")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_consent_resident_id")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["user_account.id"], name=op.f("fk_consent_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_organization_id"), "consent", ["organization_id"], unique=False)
    op.create_index(op.f("ix_consent_resident_id"), "consent", ["resident_id"], unique=False)


def _earmarked_account() -> None:
    op.create_table(
        "earmarked_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("balance_fen", sa.Integer(), nullable=False),
        sa.CheckConstraint("balance_fen >= 0", name=op.f("ck_earmarked_account_never_below_zero")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_earmarked_account_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earmarked_account")),
        sa.UniqueConstraint("fund_id", "purpose", name=op.f("uq_earmarked_account_fund_id_purpose")),
    )
    op.create_index(op.f("ix_earmarked_account_fund_id"), "earmarked_account", ["fund_id"], unique=False)


def _emergency_override() -> None:
    op.create_table(
        "emergency_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_emergency_override_made_by")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_emergency_override_organization_id")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_emergency_override_resident_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["user_account.id"], name=op.f("fk_emergency_override_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_override")),
    )
    op.create_index(op.f("ix_emergency_override_resident_id"), "emergency_override", ["resident_id"], unique=False)


def _plan_part() -> None:
    op.create_table(
        "plan_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("worked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_part_plan_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_plan_part_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_part")),
        sa.UniqueConstraint("plan_id", "region_code", name=op.f("uq_plan_part_plan_id_region_code")),
    )
    op.create_index(op.f("ix_plan_part_plan_id"), "plan_part", ["plan_id"], unique=False)


def _protection_report() -> None:
    op.create_table(
        "protection_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column(
            "reported_to",
            sa.Enum(
                "police",
                "civil_affairs",
                "hotline",
                name="reportedto",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("followed_up_by", sa.Integer(), nullable=True),
        sa.Column("followed_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("followed_up", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["followed_up_by"], ["user_account.id"], name=op.f("fk_protection_report_followed_up_by")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_protection_report_region_code")),
        sa.ForeignKeyConstraint(["reported_by"], ["user_account.id"], name=op.f("fk_protection_report_reported_by")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_protection_report_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protection_report")),
    )
    op.create_index(op.f("ix_protection_report_region_code"), "protection_report", ["region_code"], unique=False)


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id_number", sa.Text(), nullable=False),
        sa.Column("id_number_index", sa.String(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column(
            "source",
            sa.Enum(
                "medical_cost",
                "serious_illness",
                "disability",
                "schooling",
                "lost_work",
                "disaster",
                "other_department",
                "hotline",
                name="alertsource",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "verified", "dismissed", name="alertstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "dismissal",
            sa.Enum(
                "no_need",
                "helped_already",
                "passed_on",
                "not_found",
                "duplicate",
                "other",
                name="dismissalreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_alert_answered_by")),
        sa.ForeignKeyConstraint(["case_id"], ["assistance_case.id"], name=op.f("fk_alert_case_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_alert_recorded_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_alert_region_code")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_alert_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("case_id", name=op.f("uq_alert_case_id")),
        sa.UniqueConstraint(
            "id_number_index", "source", "raised_on", name=op.f("uq_alert_id_number_index_source_raised_on")
        ),
    )
    op.create_index(op.f("ix_alert_due_at"), "alert", ["due_at"], unique=False)
    op.create_index(op.f("ix_alert_id_number_index"), "alert", ["id_number_index"], unique=False)
    op.create_index(op.f("ix_alert_region_code"), "alert", ["region_code"], unique=False)
    op.create_index(op.f("ix_alert_resident_id"), "alert", ["resident_id"], unique=False)
    op.create_index(op.f("ix_alert_state"), "alert", ["state"], unique=False)


def _attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "application",
                "consent",
                "identity",
                "home_photo",
                "minutes",
                "receipt",
                "wall_photo",
                "objection",
                "referral_slip",
                "service_record",
                "other",
                name="attachmentkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("file_key", sa.String(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["user_account.id"], name=op.f("fk_attachment_added_by")),
        sa.ForeignKeyConstraint(["case_id"], ["assistance_case.id"], name=op.f("fk_attachment_case_id")),
        sa.ForeignKeyConstraint(["removed_by"], ["user_account.id"], name=op.f("fk_attachment_removed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("file_key", name=op.f("uq_attachment_file_key")),
    )
    op.create_index(op.f("ix_attachment_case_id"), "attachment", ["case_id"], unique=False)


def _case_conflict() -> None:
    op.create_table(
        "case_conflict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("declared_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["assistance_case.id"], name=op.f("fk_case_conflict_case_id")),
        sa.ForeignKeyConstraint(["declared_by"], ["user_account.id"], name=op.f("fk_case_conflict_declared_by")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_case_conflict_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_conflict")),
        sa.UniqueConstraint("case_id", "user_id", name=op.f("uq_case_conflict_case_id_user_id")),
    )
    op.create_index(op.f("ix_case_conflict_case_id"), "case_conflict", ["case_id"], unique=False)


def _case_pause() -> None:
    op.create_table(
        "case_pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=True),
        sa.Column("paused_by", sa.Integer(), nullable=False),
        sa.Column("resumed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["assistance_case.id"], name=op.f("fk_case_pause_case_id")),
        sa.ForeignKeyConstraint(["paused_by"], ["user_account.id"], name=op.f("fk_case_pause_paused_by")),
        sa.ForeignKeyConstraint(["resumed_by"], ["user_account.id"], name=op.f("fk_case_pause_resumed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_pause")),
    )
    op.create_index(op.f("ix_case_pause_case_id"), "case_pause", ["case_id"], unique=False)


def _case_step() -> None:
    op.create_table(
        "case_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "verb",
            sa.Enum(
                "investigate",
                "give_opinion",
                "return_back",
                "announce",
                "approve",
                "refuse",
                "complete_relief",
                "publicise",
                "object",
                "answer_objection",
                "answer_before_decision",
                "close",
                "withdraw",
                "reopen",
                "mark_in_error",
                name="caseverb",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "to_state",
            sa.Enum(
                "recorded",
                "investigating",
                "under_review",
                "announced",
                "approved",
                "refused",
                "relieved",
                "publicised",
                "objected",
                "closed",
                "withdrawn",
                "entered_in_error",
                name="casestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "opinion",
            sa.Enum(
                "relieve",
                "services_only",
                "refuse",
                name="opinion",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("granted_fen", sa.Integer(), nullable=True),
        sa.Column(
            "refusal_reason",
            sa.Enum(
                "not_in_hardship",
                "helped_already",
                "other_scheme",
                "not_as_stated",
                "other",
                name="refusalreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_case_step_by")),
        sa.ForeignKeyConstraint(["case_id"], ["assistance_case.id"], name=op.f("fk_case_step_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_step")),
    )
    op.create_index(op.f("ix_case_step_case_id"), "case_step", ["case_id"], unique=False)


def _investigation() -> None:
    op.create_table(
        "investigation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("investigator_ids", sa.JSON(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["assistance_case.id"], name=op.f("fk_investigation_case_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_investigation_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_investigation")),
        sa.UniqueConstraint("case_id", "edition", name=op.f("uq_investigation_case_id_edition")),
    )
    op.create_index(op.f("ix_investigation_case_id"), "investigation", ["case_id"], unique=False)


def _need() -> None:
    op.create_table(
        "need",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "urgency",
            sa.Enum(
                "routine",
                "soon",
                "urgent",
                "life_threatening",
                name="urgency",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("wished_times", sa.JSON(), nullable=False),
        sa.Column("constraints", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "referred",
                "in_service",
                "met",
                "partly_met",
                "unmet",
                "withdrawn",
                name="needstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["assistance_case.id"], name=op.f("fk_need_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
    )
    op.create_index(op.f("ix_need_case_id"), "need", ["case_id"], unique=False)
    op.create_index(op.f("ix_need_category"), "need", ["category"], unique=False)
    op.create_index(op.f("ix_need_state"), "need", ["state"], unique=False)


def _public_notice() -> None:
    op.create_table(
        "public_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("shown_name", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("helps", sa.JSON(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("relieved_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("posted_by", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("taken_down_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["assistance_case.id"], name=op.f("fk_public_notice_case_id")),
        sa.ForeignKeyConstraint(["posted_by"], ["user_account.id"], name=op.f("fk_public_notice_posted_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_public_notice_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_notice")),
    )
    op.create_index(op.f("ix_public_notice_case_id"), "public_notice", ["case_id"], unique=False)
    op.create_index(op.f("ix_public_notice_last_day"), "public_notice", ["last_day"], unique=False)
    op.create_index(op.f("ix_public_notice_region_code"), "public_notice", ["region_code"], unique=False)


def _relief_payment() -> None:
    op.create_table(
        "relief_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "transfer", "cash", "goods", name="paymentway", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("goods", sa.Text(), nullable=False),
        sa.Column("first_help", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "prepared",
                "paid",
                "cancelled",
                "recovered",
                name="paymentstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_by", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_relief_payment_something_is_paid")),
        sa.ForeignKeyConstraint(["account_id"], ["earmarked_account.id"], name=op.f("fk_relief_payment_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["assistance_case.id"], name=op.f("fk_relief_payment_case_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["user_account.id"], name=op.f("fk_relief_payment_confirmed_by")),
        sa.ForeignKeyConstraint(["prepared_by"], ["user_account.id"], name=op.f("fk_relief_payment_prepared_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relief_payment")),
    )
    op.create_index(op.f("ix_relief_payment_account_id"), "relief_payment", ["account_id"], unique=False)
    op.create_index(op.f("ix_relief_payment_case_id"), "relief_payment", ["case_id"], unique=False)


def _fund_entry() -> None:
    op.create_table(
        "fund_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_fund_entry_fund_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["relief_payment.id"], name=op.f("fk_fund_entry_payment_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_fund_entry_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_entry")),
    )
    op.create_index(op.f("ix_fund_entry_fund_id"), "fund_entry", ["fund_id"], unique=False)


def _gap() -> None:
    op.create_table(
        "gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("obstacles", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_gap_need_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_gap_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
    )
    op.create_index(op.f("ix_gap_need_id"), "gap", ["need_id"], unique=False)
    op.create_index(op.f("ix_gap_region_code"), "gap", ["region_code"], unique=False)
    op.create_index(
        "uq_gap_open_need",
        "gap",
        ["need_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _match() -> None:
    op.create_table(
        "match",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("slate", sa.JSON(), nullable=False),
        sa.Column("ranker", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_match_need_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_match_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match")),
    )
    op.create_index(op.f("ix_match_need_id"), "match", ["need_id"], unique=False)


def _objection() -> None:
    op.create_table(
        "objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Integer(), nullable=False),
        sa.Column("objector", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column(
            "recheck",
            sa.Enum("revisit", "deliberation", name="recheck", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_objection_answered_by")),
        sa.ForeignKeyConstraint(["notice_id"], ["public_notice.id"], name=op.f("fk_objection_notice_id")),
        sa.ForeignKeyConstraint(["received_by"], ["user_account.id"], name=op.f("fk_objection_received_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
    )
    op.create_index(op.f("ix_objection_notice_id"), "objection", ["notice_id"], unique=False)


def _posting() -> None:
    op.create_table(
        "posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["fund_entry.id"], name=op.f("fk_posting_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    op.create_index(op.f("ix_posting_account"), "posting", ["account"], unique=False)
    op.create_index(op.f("ix_posting_entry_id"), "posting", ["entry_id"], unique=False)


def _referral() -> None:
    op.create_table(
        "referral",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True),
        sa.Column("previous_id", sa.Integer(), nullable=True),
        sa.Column("consent_id", sa.Integer(), nullable=True),
        sa.Column("override_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "waitlisted",
                "accepted",
                "in_progress",
                "on_hold",
                "completed",
                "failed",
                "rejected",
                "expired",
                "cancelled",
                "entered_in_error",
                name="referralstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_provisional", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_visit_on", sa.Date(), nullable=True),
        sa.Column(
            "rejection_reason",
            sa.Enum(
                "no_capacity",
                "not_eligible",
                "outside_service_area",
                "service_not_offered",
                "already_served",
                "missing_information",
                "safety",
                "could_not_contact",
                "resident_declined",
                "duplicate",
                "other",
                name="rejectionreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_note", sa.Text(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("met", "partly_met", "unmet", name="outcome", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("solved", sa.Boolean(), nullable=True),
        sa.Column(
            "satisfaction_by",
            sa.Enum("self", "family", name="answerer", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column(
            "asked_by",
            sa.Enum("in_person", "phone", "link", name="askedby", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("satisfaction_comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_referral_consent_id")),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name=op.f("fk_referral_match_id")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_referral_need_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_referral_organization_id")),
        sa.ForeignKeyConstraint(["override_id"], ["emergency_override.id"], name=op.f("fk_referral_override_id")),
        sa.ForeignKeyConstraint(["previous_id"], ["referral.id"], name=op.f("fk_referral_previous_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_referral_project_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_referral_region_code")),
        sa.ForeignKeyConstraint(["sent_by"], ["user_account.id"], name=op.f("fk_referral_sent_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("number", name=op.f("uq_referral_number")),
    )
    op.create_index(op.f("ix_referral_need_id"), "referral", ["need_id"], unique=False)
    op.create_index(op.f("ix_referral_organization_id"), "referral", ["organization_id"], unique=False)
    op.create_index(op.f("ix_referral_project_id"), "referral", ["project_id"], unique=False)
    op.create_index(op.f("ix_referral_region_code"), "referral", ["region_code"], unique=False)
    op.create_index(op.f("ix_referral_state"), "referral", ["state"], unique=False)
    op.create_index(
        "uq_referral_live_need",
        "referral",
        ["need_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('accepted', 'in_progress', 'on_hold', 'requested', 'waitlisted')"),
        postgresql_where=sa.text("state IN ('accepted', 'in_progress', 'on_hold', 'requested', 'waitlisted')"),
    )


def _plan_line() -> None:
    op.create_table(
        "plan_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("need_version", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column(
            "urgency",
            sa.Enum(
                "routine",
                "soon",
                "urgent",
                "life_threatening",
                name="urgency",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("waiting_days", sa.Integer(), nullable=False),
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("township", sa.String(), nullable=False),
        sa.Column("remoteness", sa.String(), nullable=False),
        sa.Column("hardship", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("age", sa.String(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("proposed_id", sa.Integer(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("worth", sa.Float(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("obstacle", sa.String(), nullable=False),
        sa.Column("consented", sa.Boolean(), nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "placed",
                "without",
                "left_out",
                "sent",
                "waiting_for_consent",
                "not_sent",
                name="linestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "not_sent_reason",
            sa.Enum(
                "need_answered",
                "no_place",
                "project_closed",
                "not_eligible",
                "busy",
                name="notsentreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("referral_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_plan_line_need_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_line_plan_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_plan_line_project_id")),
        sa.ForeignKeyConstraint(["proposed_id"], ["project.id"], name=op.f("fk_plan_line_proposed_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_plan_line_referral_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_plan_line_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_line")),
        sa.UniqueConstraint("plan_id", "need_id", name=op.f("uq_plan_line_plan_id_need_id")),
    )
    op.create_index(op.f("ix_plan_line_need_id"), "plan_line", ["need_id"], unique=False)
    op.create_index(op.f("ix_plan_line_plan_id"), "plan_line", ["plan_id"], unique=False)
    op.create_index("ix_plan_line_plan_state", "plan_line", ["plan_id", "state"], unique=False)


def _referral_link() -> None:
    op.create_table(
        "referral_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["issued_by"], ["user_account.id"], name=op.f("fk_referral_link_issued_by")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_link_referral_id")),
        sa.ForeignKeyConstraint(["revoked_by"], ["user_account.id"], name=op.f("fk_referral_link_revoked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_link")),
        sa.UniqueConstraint("handle", name=op.f("uq_referral_link_handle")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_referral_link_token_hash")),
    )
    op.create_index(op.f("ix_referral_link_referral_id"), "referral_link", ["referral_id"], unique=False)
    op.create_index(
        "uq_referral_link_current",
        "referral_link",
        ["referral_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def _resident_update() -> None:
    op.create_table(
        "resident_update",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "referred",
                "accepted",
                "visit",
                "closed",
                name="updatekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_resident_update_referral_id")),
        sa.ForeignKeyConstraint(["told_by"], ["user_account.id"], name=op.f("fk_resident_update_told_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_update")),
        sa.UniqueConstraint("referral_id", "kind", "day", name=op.f("uq_resident_update_referral_id_kind_day")),
    )
    op.create_index(op.f("ix_resident_update_referral_id"), "resident_update", ["referral_id"], unique=False)


def _referral_event() -> None:
    op.create_table(
        "referral_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column(
            "verb",
            sa.Enum(
                "accept",
                "reject",
                "waitlist",
                "expire",
                "start",
                "hold",
                "resume",
                "complete",
                "fail",
                "cancel",
                "mark_in_error",
                name="referralverb",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "waitlisted",
                "accepted",
                "in_progress",
                "on_hold",
                "completed",
                "failed",
                "rejected",
                "expired",
                "cancelled",
                "entered_in_error",
                name="referralstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("holder_name", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_referral_event_by")),
        sa.ForeignKeyConstraint(["link_id"], ["referral_link.id"], name=op.f("fk_referral_event_link_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_event_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_event")),
    )
    op.create_index(op.f("ix_referral_event_referral_id"), "referral_event", ["referral_id"], unique=False)


def _referral_message() -> None:
    op.create_table(
        "referral_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column(
            "side",
            sa.Enum("sender", "receiver", "clock", name="side", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("holder_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_referral_message_by")),
        sa.ForeignKeyConstraint(["link_id"], ["referral_link.id"], name=op.f("fk_referral_message_link_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_message_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_message")),
    )
    op.create_index(op.f("ix_referral_message_referral_id"), "referral_message", ["referral_id"], unique=False)


def _service_visit() -> None:
    op.create_table(
        "service_visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("submission_key", sa.String(), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column(
            "mode",
            sa.Enum(
                "home",
                "site",
                "phone",
                "online",
                name="visitmode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("staff_count", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("in_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_error_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_service_visit_minutes_positive")),
        sa.ForeignKeyConstraint(["link_id"], ["referral_link.id"], name=op.f("fk_service_visit_link_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_service_visit_project_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_service_visit_recorded_by")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_service_visit_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_visit")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_service_visit_submission_key")),
    )
    op.create_index(op.f("ix_service_visit_project_id"), "service_visit", ["project_id"], unique=False)
    op.create_index(op.f("ix_service_visit_referral_id"), "service_visit", ["referral_id"], unique=False)
    op.create_index(op.f("ix_service_visit_served_on"), "service_visit", ["served_on"], unique=False)


def _visit_attendance() -> None:
    op.create_table(
        "visit_attendance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_visit_attendance_resident_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["service_visit.id"], name=op.f("fk_visit_attendance_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_attendance")),
        sa.UniqueConstraint("visit_id", "resident_id", name=op.f("uq_visit_attendance_visit_id_resident_id")),
    )
    op.create_index(op.f("ix_visit_attendance_resident_id"), "visit_attendance", ["resident_id"], unique=False)
    op.create_index(op.f("ix_visit_attendance_visit_id"), "visit_attendance", ["visit_id"], unique=False)


TABLES = (
    _audit_chain,
    _audit_entry,
    _calendar_day,
    _calendar_year,
    _heartbeat,
    _notification,
    _notification_tally,
    _organization,
    _paused_channel,
    _periodic_turn,
    _provider_circuit,
    _region,
    _household,
    _notification_event,
    _policy,
    _project,
    _user_account,
    _account_reach,
    _draft,
    _eligibility_rule,
    _fund,
    _idempotency_key,
    _issued_file,
    _monthly_summary,
    _organization_contact,
    _place_entry,
    _plan,
    _ranker_version,
    _resident,
    _society,
    _subscription,
    _user_session,
    _assistance_case,
    _consent,
    _earmarked_account,
    _emergency_override,
    _plan_part,
    _protection_report,
    _alert,
    _attachment,
    _case_conflict,
    _case_pause,
    _case_step,
    _investigation,
    _need,
    _public_notice,
    _relief_payment,
    _fund_entry,
    _gap,
    _match,
    _objection,
    _posting,
    _referral,
    _plan_line,
    _referral_link,
    _resident_update,
    _referral_event,
    _referral_message,
    _service_visit,
    _visit_attendance,
)
"""One function a table, in the order in which they point at each other."""


def upgrade() -> None:
    for create in TABLES:
        create()
    connection = op.get_bind()
    for statement in TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    for create in reversed(TABLES):
        op.drop_table(create.__name__.removeprefix("_"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION monthly_summary_stays()")
