"""Who reaches which rows: every table with personal rows, declared once.

`row_security` turns the declarations into policies of PostgreSQL, `write_guard` into checks of what SQLite is about to
keep. tests/house/test_row_scopes.py asks for every table either a rule here or a reason in UNSCOPED.

A predicate is SQL over the table's own columns with names in braces:

- `{regions}`: the codes of the regions of the scope; `{organization}`, `{referral}`, `{user}`: its ids, NULL if it has
  none; `{administers}`: 'on' or NULL; `{whole_city}`: whether the region is the whole city;
- `{parent:table}`: the rule of another table holds for the row at hand (PostgreSQL applies that table's policy by
  itself);
- `{reached:table}`: the ids that the referrals of the scope's organization, or its one referral, lead to.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RowRule:
    """The predicates of one table. A scope of the system passes all of them, one of the whole city those that end at
    a region."""

    read: str
    """Which rows are there at all."""
    keep: str = ""
    """What a new or changed row must be like; as `read` if empty."""
    change: str = ""
    """Which rows may be changed or deleted; as `read` if empty."""
    in_city: bool = True
    """Whether a scope of the whole city passes."""
    at_entrance: bool = False
    """Whether somebody who signs in passes."""


def _by_region(column: str = "region_code") -> str:
    return f"{column} IN ({{regions}})"


def _through(parent: str, column: str, *, staff_only: bool = False) -> str:
    """Rows whose parent is reached; with `staff_only` not by the organizations that referrals went to."""
    staff = "{organization} IS NULL AND {referral} IS NULL AND " if staff_only else ""
    of_child = f"SELECT 1 FROM {parent} WHERE {parent}.id = {{table}}.{column} AND {{parent:{parent}}}"
    return f"{staff}EXISTS ({of_child})"


def _reached(table: str, column: str = "id") -> str:
    """Rows that the referrals of an organization, or the one referral of a link, lead to."""
    return f"{column} IN ({{reached:{table}}})"


_OF_USER = "user_id = {user}"
_ADMINISTERED = (
    "{administers} IS NOT NULL AND ({whole_city} OR region_code IN ({regions}) OR organization_id IN"
    " (SELECT id FROM organization WHERE organization.region_code IN ({regions})) OR organization_id = {organization})"
)
"""Accounts within the administrator's region, and of the organizations there; all for one of the whole city."""
_OWN_ACCOUNT = "id = {user} OR organization_id = {organization}"
_OF_ADMINISTERED = f"{{administers}} IS NOT NULL AND user_id IN (SELECT id FROM user_account WHERE {_ADMINISTERED})"
_OF_SUPERVISED = "user_id IN (SELECT id FROM user_account WHERE region_code IN ({regions}))"
"""Counts of the accounts of a region, which its officers watch (readings.queries.find_readers says who of them)."""
_OWN_REFERRAL = (
    "(({organization} IS NOT NULL OR {referral} IS NOT NULL)"
    " AND ({organization} IS NULL OR organization_id = {organization}) AND ({referral} IS NULL OR id = {referral}))"
)
_OWN_CASE = (
    "EXISTS (SELECT 1 FROM assistance_case WHERE assistance_case.resident_id = resident.id"
    " AND {parent:assistance_case})"
)
"""A resident who moved within the city stays known to the officers of an earlier case."""
_OF_CALL = "call_id IN (SELECT id FROM funding_call WHERE funding_call.region_code IN ({regions}))"
_OF_HAT = "call_id IN (SELECT call_id FROM call_member WHERE call_member.user_id = {user} AND call_member.is_active)"
"""Of the calls in which the account wears a hat; the queries say of which hat."""
_RECEIVER = "({organization} IS NULL OR organization_id = {organization})"
"""An organization sees what was allowed to itself, not to others."""

ROW_RULES: Mapping[str, RowRule] = {
    # By their own region; an organization through its referrals.
    "resident": RowRule(
        f"{_by_region()} OR {_reached('household', 'household_id')} OR {_OWN_CASE}",
        keep=f"{_by_region()} OR {_OWN_CASE}",
    ),
    "household": RowRule(f"{_by_region()} OR {_reached('household')}", keep=_by_region()),
    "assistance_case": RowRule(f"{_by_region()} OR {_reached('assistance_case')}"),
    "referral": RowRule(f"{_by_region()} OR {_OWN_REFERRAL}"),
    "alert": RowRule(_by_region()),
    "gap": RowRule(_by_region()),
    "protection_report": RowRule(_by_region()),
    "public_notice": RowRule(_by_region()),
    "plan": RowRule(_by_region()),
    "fund": RowRule(_by_region()),
    "monthly_summary": RowRule(_by_region()),
    "issued_file": RowRule(_by_region()),
    "subscription": RowRule(_by_region()),
    # Through the row that they belong to.
    "need": RowRule(f"{_through('assistance_case', 'case_id', staff_only=True)} OR {_reached('need')}"),
    "case_step": RowRule(_through("assistance_case", "case_id", staff_only=True)),
    "case_pause": RowRule(_through("assistance_case", "case_id", staff_only=True)),
    "case_conflict": RowRule(_through("assistance_case", "case_id", staff_only=True)),
    "investigation": RowRule(_through("assistance_case", "case_id", staff_only=True)),
    "attachment": RowRule(_through("assistance_case", "case_id", staff_only=True)),
    "relief_payment": RowRule(_through("assistance_case", "case_id", staff_only=True)),
    "objection": RowRule(_through("public_notice", "notice_id")),
    "consent": RowRule(f"{_RECEIVER} AND {_through('resident', 'resident_id')}"),
    "consent_paper": RowRule(_through("consent", "consent_id", staff_only=True)),
    "erasure": RowRule(_by_region()),
    "emergency_override": RowRule(f"{_RECEIVER} AND {_through('resident', 'resident_id')}"),
    "match": RowRule(_through("need", "need_id")),
    "need_vector": RowRule(_through("need", "need_id")),
    "complaint": RowRule(_through("referral", "referral_id", staff_only=True)),
    "outcome_check": RowRule(_through("referral", "referral_id", staff_only=True)),
    "spot_check": RowRule(_through("referral", "referral_id", staff_only=True)),
    "spot_check_draw": RowRule(_by_region()),
    "referral_event": RowRule(_through("referral", "referral_id")),
    "referral_link": RowRule(_through("referral", "referral_id")),
    "referral_message": RowRule(_through("referral", "referral_id")),
    "resident_update": RowRule(_through("referral", "referral_id")),
    "service_visit": RowRule(_through("referral", "referral_id")),
    "visit_attendance": RowRule(_through("service_visit", "visit_id")),
    "plan_line": RowRule(f"{_by_region()} OR {_through('plan', 'plan_id')}"),
    "plan_part": RowRule(_through("plan", "plan_id")),
    "earmarked_account": RowRule(_through("fund", "fund_id")),
    "fund_entry": RowRule(_through("fund", "fund_id")),
    "posting": RowRule(_through("fund_entry", "entry_id")),
    # By organization.
    "organization_contact": RowRule(
        "organization_id = {organization} OR organization_id IN"
        f" (SELECT id FROM organization WHERE organization.{_by_region()})"
    ),
    "contact_change": RowRule(
        "organization_id = {organization} OR organization_id IN"
        f" (SELECT id FROM organization WHERE organization.{_by_region()})"
    ),
    "funding_application": RowRule(f"organization_id = {{organization}} OR {_by_region()} OR {_OF_HAT}"),
    "application_version": RowRule(_through("funding_application", "application_id")),
    "pre_check": RowRule(_through("funding_application", "application_id")),
    # Ids and hats: applicants are told by whoever works on the call.
    "call_member": RowRule("TRUE", keep=_OF_CALL, change=_OF_CALL),
    "funding_review": RowRule(f"reviewer_id = {{user}} OR {_OF_CALL}"),
    "possible_duplicate": RowRule(f"{_through('resident', 'known_id')} AND {_through('resident', 'held_id')}"),
    # By account.
    "user_account": RowRule(
        "TRUE",
        keep=f"{_OWN_ACCOUNT} OR {_ADMINISTERED}",
        change=f"{_OWN_ACCOUNT} OR {_ADMINISTERED}",
        in_city=False,
        at_entrance=True,
    ),
    "user_session": RowRule(f"{_OF_USER} OR {_OF_ADMINISTERED}", in_city=False, at_entrance=True),
    "totp_secret": RowRule(f"{_OF_USER} OR {_OF_ADMINISTERED}", in_city=False, at_entrance=True),
    "recovery_code": RowRule(f"{_OF_USER} OR {_OF_ADMINISTERED}", in_city=False, at_entrance=True),
    "passkey": RowRule(f"{_OF_USER} OR {_OF_ADMINISTERED}", in_city=False, at_entrance=True),
    "invitation": RowRule(f"{_OF_USER} OR {_OF_ADMINISTERED}", in_city=False, at_entrance=True),
    "grant_proposal": RowRule(f"{{administers}} IS NOT NULL AND ({_by_region()} OR {{whole_city}})", in_city=False),
    "budget_use": RowRule(f"{_OF_USER} OR {_OF_ADMINISTERED} OR {_OF_SUPERVISED}", in_city=False),
    "budget_grant": RowRule(f"{_OF_USER} OR {_OF_ADMINISTERED} OR {_OF_SUPERVISED}", in_city=False),
    "account_reach": RowRule(f"{_OF_USER} OR {_OF_ADMINISTERED}", in_city=False),
    "idempotency_key": RowRule("owner = 'user:' || {user}", in_city=False),
    "draft": RowRule(_OF_USER, in_city=False),
    "background_job": RowRule(_OF_USER, in_city=False),
    "import_row": RowRule(_through("background_job", "job_id"), in_city=False),
    "notification": RowRule(
        "(recipient_type = 'user' AND recipient_id = {user}) OR ({administers} IS NOT NULL AND {whole_city})",
        in_city=False,
    ),
    "notification_event": RowRule(_through("notification", "notification_id"), in_city=False),
}
"""Each table with personal rows and its rule. A scope that reaches nothing passes none of them."""

THROUGH: Mapping[str, tuple[str, str]] = {
    table: (parent, column)
    for table, rule in ROW_RULES.items()
    for parent, column in re.findall(r"^EXISTS \(SELECT 1 FROM (\w+) WHERE .* = \{table\}\.(\w+) AND", rule.read)
    if rule.read == _through(parent, column)
}
"""The tables whose rule is that of one parent alone, with the parent's table and the column that names its row."""

UNSCOPED: Mapping[str, str] = {
    "region": "the public list of divisions",
    "region_change": "the public changes of divisions",
    "region_outline": "the public map",
    "calendar_day": "the public calendar",
    "calendar_year": "the public calendar",
    "policy": "rules of counties, public",
    "organization": "registered organizations, public",
    "project": "what organizations offer; everybody who refers reads all of them",
    "eligibility_rule": "belongs to a project",
    "project_vector": "computed from the public text of a project",
    "place_entry": "counts of places by the id of a referral",
    "society": "households and the telephone that is printed on the board",
    "ranker_version": "weights of features",
    "audit_chain": "heads of the chains: hashes",
    "audit_entry": "ids and verbs; appended by every scope, and only appended (APPEND_ONLY)",
    "attempt_counter": "counts of attempts by hashes; counted before it is known who asks",
    "passkey_challenge": "random values of sign-ins that have begun",
    "call_rule": "rules of calls of counties, public",
    "funding_call": "calls for projects, public once published; a draft names nobody",
    "call_topic": "what a call asks for, in groups too large to name a family",
    "call_question": "questions about a call, published with their answers",
    "funding_step": "ids and verbs; appended, and only appended (APPEND_ONLY)",
    "data_policy": "how long consents last and records are kept, public",
    "daily_limit": "how much a role may read a day",
    "reading_note": "why a file was read; found only by its id in an audit entry of that file",
    "paused_channel": "switches of delivery",
    "provider_circuit": "state of delivery",
    "notification_tally": "counts of delivery",
    "periodic_turn": "clock of the scheduler",
    "heartbeat": "clock of the scheduler",
    "installation": "which environment the database belongs to",
    "restored_copy": "switch of delivery",
}
"""Tables whose rows every scope may reach, each with the reason."""

APPEND_ONLY = frozenset({"audit_entry", "installation", "funding_step", "application_version"})
"""Tables from which the service may neither change nor remove a row."""

DELETABLE = frozenset(
    {
        "plan_part",
        "plan_line",
        "draft",
        "import_row",
        "idempotency_key",
        "calendar_day",
        "eligibility_rule",
        "paused_channel",
        "notification_tally",
        "provider_circuit",
        "restored_copy",
        "attempt_counter",
        "alert",
        "resident",
        "household",
        "visit_attendance",
        "totp_secret",
        "recovery_code",
        "passkey",
        "passkey_challenge",
    }
)
"""Tables from which the service removes rows; from all others it cannot."""

REACHED: Mapping[str, str] = {
    "need": "SELECT need_id FROM referral WHERE {own_referral}",
    "assistance_case": "SELECT case_id FROM need WHERE id IN (SELECT need_id FROM referral WHERE {own_referral})",
    "household": (
        "SELECT household_id FROM resident WHERE id IN (SELECT resident_id FROM assistance_case WHERE id IN"
        " (SELECT case_id FROM need WHERE id IN (SELECT need_id FROM referral WHERE {own_referral})))"
    ),
}
"""What the referrals of an organization lead to: the need, its case, and the household that is served."""

Resolve = Callable[[str, str], str]
_NAME = re.compile(r"\{(\w+)(?::(\w+))?\}")


def fill(predicate: str, resolve: Resolve) -> str:
    """The predicate with every name in braces replaced by `resolve(name, table)`."""
    return _NAME.sub(lambda match: resolve(match[1], match[2] or ""), predicate)


def own_referral() -> str:
    """The condition on a referral that an organization's scope reaches it."""
    return _OWN_REFERRAL
