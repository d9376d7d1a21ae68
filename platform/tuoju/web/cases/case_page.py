"""The page of one case: what it shows to whom, gathered from the case and from what other rooms know of it."""

from fastapi import Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.request_context import note_read
from tuoju.cases import queries, service
from tuoju.cases.clock import DueStatus, due_status, last_day
from tuoju.cases.errors import NeedsStillLive
from tuoju.cases.inputs import NeedInput
from tuoju.cases.models import Case, Need
from tuoju.cases.policies import Policy
from tuoju.cases.procedure import handling_days_of, policy_of
from tuoju.cases.status import ENDED_CASES, LIVE_NEEDS, CaseVerb, NeedState
from tuoju.cases.times import times_of
from tuoju.cases.views import case_seen, need_seen
from tuoju.database.records import now
from tuoju.referrals.queries import find_referrals
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import current_code, full_name, names
from tuoju.reports.chain import Link, links_of
from tuoju.reports.checklist import PaperStatus, checklist
from tuoju.residents.views import residents_seen
from tuoju.web.cases.attachments_view import attachments_panel
from tuoju.web.cases.case_views import (
    CaseFacts,
    CaseForms,
    CasePage,
    ClosingPanel,
    ConflictRow,
    Deadline,
    EndPanel,
    NeedFormPanel,
    NeedRow,
    OtherHelp,
    PrintLink,
    ReferralLink,
    TimesPanel,
)
from tuoju.web.cases.need_forms import NEED_LISTS
from tuoju.web.cases.procedure_view import (
    NO_RECORDS,
    ProcedureRecords,
    barred_as_kin,
    next_step,
    pause_row,
    read_records,
    timeline,
)
from tuoju.web.kit.checklists import ChecklistRow, checklist_rows
from tuoju.web.kit.drafts import draft_of
from tuoju.web.kit.error_table import sentence_of
from tuoju.web.kit.forms import BlankForm, required_of
from tuoju.web.kit.rendering import render
from tuoju.words.formats import yuan
from tuoju.words.labels import label
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _

_NOTES = {DueStatus.overdue: "stop", DueStatus.due_today: "warn", DueStatus.due_next: "warn", DueStatus.later: ""}

_DESK_WORDS = {
    CaseVerb.close: N_("Close the case"),
    CaseVerb.withdraw: N_("Withdraw the case"),
    CaseVerb.reopen: N_("Reopen"),
    CaseVerb.mark_in_error: N_("Entered in error"),
}


def render_case(
    request: Request, session: Session, actor: Actor, case_id: int, forms: CaseForms | None = None, status: int = 200
) -> Response:
    """The page of a case with the forms of its next step, some of which may come back with what was typed. Raises
    CaseNotFound, NotPermitted."""
    case = queries.get_case(session, actor, case_id)
    note_read(case)
    return render(request, case_page(session, actor, case, forms or CaseForms()), status)


def case_page(session: Session, actor: Actor, case: Case, forms: CaseForms) -> CasePage:
    """All that the page of a case shows to the actor, who may read the case."""
    policy = policy_of(session, case)
    records = read_records(session, case) if case.has_procedure else NO_RECORDS
    person = residents_seen(session, actor, {case.resident_id}, china_day(now()))[case.resident_id]
    may_record, may_read = may(actor, Action.record_cases), may(actor, Action.read_residents)
    rows = checklist_rows(checklist(session, case)) if case.has_procedure else []
    may_reveal = may(actor, Action.reveal_residents)
    needs = _need_rows(session, actor, case)
    may_step = may_record and not barred_as_kin(session, actor, case, records)
    barred = _why_not_end(case, needs) if may_step else ""
    return CasePage(
        case_id=case.pk,
        number=case.number,
        state=case.state,
        region_code=case.region_code,
        name=person.name,
        resident_url=f"/residents/{case.resident_id}" if may_read else "",
        place=full_name(session, case.region_code),
        deadline=_deadline(session, case),
        pause=pause_row(actor, records.pause, records) if records.pause else None,
        first_help_reason=case_seen(actor, case).first_help_reason,
        is_decided_alone=case.decided_alone,
        other_help=_other_help(session, actor, case),
        next_step=(
            next_step(session, actor, case, policy, records, forms) if may_record and case.has_procedure else None
        ),
        facts=_facts(actor, case, policy, records),
        needs=needs,
        need_form=_need_form(session, actor, case, forms) if may_record and case.state not in ENDED_CASES else None,
        papers=_papers(case, records) if may_reveal and case.has_procedure else [],
        notices=_notices(session, case, records) if may_reveal and case.has_procedure else [],
        checklist=rows,
        attachments=attachments_panel(session, actor, case, back="case") if may_reveal else None,
        times=_times(session, case, records),
        timeline=timeline(actor, case, records) if case.has_procedure else [],
        closing=_closing(case, rows) if may_step and not barred else None,
        ends=_ends(case) if may_step and not barred else [],
        ends_barred=barred,
    )


def _deadline(session: Session, case: Case) -> Deadline | None:
    if case.due_at is None or case.due_step is None or not case.has_procedure:
        return None
    status = due_status(last_day(case.due_at), china_day(now()), calendar_of(session))
    return Deadline(case.due_step, case.due_at, case.due_provisional, status, _NOTES[status])


def _other_help(session: Session, actor: Actor, case: Case) -> list[OtherHelp]:
    """What else the household gets, for a case under way (一户(人)一条救助链)."""
    if not case.has_procedure or case.state in ENDED_CASES:
        return []
    links = links_of(session, actor, case)
    places = names(session, {link.region_code for link in links})
    return [
        OtherHelp(
            url=f"/cases/{link.case_id}" if link.case_id else "",
            on=link.on,
            what=_help_words(link),
            is_same_person=link.same_person,
            place=places[link.region_code],
        )
        for link in links
    ]


def _help_words(link: Link) -> str:
    if link.fen:
        return _("Relief of ¥%(amount)s") % {"amount": yuan(link.fen)}
    if link.category:
        return f"{label('service_type', link.category)} · {link.project}"
    return _("Another case in progress")


def _facts(actor: Actor, case: Case, policy: Policy, records: ProcedureRecords) -> CaseFacts:
    return CaseFacts(
        accepted_at=case.accepted_at,
        opened_by=case.opened_by,
        hardship_cause=case.hardship_cause,
        policy_title=policy.title,
        policy_citation=policy.citation,
        policy_source=policy.source,
        policy_from=policy.valid_from,
        policy_to=policy.valid_to,
        summary=case_seen(actor, case).summary,
        granted_fen=case.granted_fen,
        refusal_reason=case.refusal_reason,
        conflicts=[
            ConflictRow(records.name(conflict.user_id), visible(actor, conflict, "relation"))
            for conflict in records.conflicts
        ],
        pauses=[pause_row(actor, pause, records) for pause in records.pauses],
    )


def _need_rows(session: Session, actor: Actor, case: Case) -> list[NeedRow]:
    needs = queries.needs_of(session, [case])[case.pk]
    referrals: dict[int, list[ReferralLink]] = {need.pk: [] for need in needs}
    for referral, _need, _case, _resident, project, _organization in find_referrals(session, actor, case_id=case.pk):
        referrals[referral.need_id].append(ReferralLink(referral.pk, project.name, referral.state))
    return [_need_row(actor, need, referrals[need.pk]) for need in needs]


def _need_row(actor: Actor, need: Need, referrals: list[ReferralLink]) -> NeedRow:
    return NeedRow(
        need_id=need.pk,
        category=need.category,
        urgency=need.urgency,
        state=need.state,
        text=need_seen(actor, need).text,
        referrals=referrals,
        is_open=need.state is NeedState.open,
        may_withdraw=need.state is NeedState.open and may(actor, Action.record_cases),
    )


def _need_form(session: Session, actor: Actor, case: Case, forms: CaseForms) -> NeedFormPanel:
    form = forms.need
    if form is None:
        draft = draft_of(session, actor, f"need-new-{case.pk}", lists=NEED_LISTS)
        form = BlankForm({"urgency": "routine", **draft}, required=required_of(NeedInput))
    return NeedFormPanel(form, is_open=bool(form.errors) or "suggested" in form.typed)


def _papers(case: Case, records: ProcedureRecords) -> list[tuple[str, str]]:
    """(address, words) of the papers that can be printed of a case now. They name the person in full."""
    is_ready = {
        "application": True,
        "consent": True,
        "investigation": records.investigation is not None,
        "decision": case.opinion is not None,
        "refusal": case.refusal_reason is not None,
        "receipt": bool(records.payments),
        "satisfaction": case.decided_at is not None,
        "closing": case.decided_at is not None,
    }
    return [
        (f"/cases/{case.pk}/papers/{paper}.pdf", label("blank_paper", paper))
        for paper, ready in is_ready.items()
        if ready
    ]


def _notices(session: Session, case: Case, records: ProcedureRecords) -> list[PrintLink]:
    """The public notice to hang up, which names nobody in full."""
    if not records.notice:
        return []
    board, notice = f"/board/{current_code(session, case.region_code)}", label("blank_paper", "notice")
    return [
        PrintLink(f"{board}/sheet.pdf", notice),
        PrintLink(f"{board}/sheet.pdf?paper=a3", f"{notice} A3"),
        PrintLink(f"{board}/poster.pdf", _("Public notice poster with QR code")),
    ]


def _times(session: Session, case: Case, records: ProcedureRecords) -> TimesPanel | None:
    if not case.has_procedure:
        return None
    times = times_of(session, case, records.notice.posted_on if records.notice else None)
    if not times:
        return None
    return TimesPanel(
        rows=times,
        days=handling_days_of(session, case, china_day(now())),
        started_at=case.started_at,
        relieved_at=case.relief_completed_at,
        is_any_late=not all(time.in_time for time in times),
    )


def _closing(case: Case, rows: list[ChecklistRow]) -> ClosingPanel | None:
    if CaseVerb.close not in service.lawful_verbs(case):
        return None
    lacking = [label("paper", row.paper) for row in rows if row.status is PaperStatus.to_file]
    return ClosingPanel(_(_DESK_WORDS[CaseVerb.close]), "、".join(lacking))


def _why_not_end(case: Case, needs: list[NeedRow]) -> str:
    """Why a case with these needs cannot end, empty if it can or if it has ended."""
    is_live = case.state not in ENDED_CASES and any(need.state in LIVE_NEEDS for need in needs)
    return sentence_of(NeedsStillLive()) if is_live and service.lawful_verbs(case) else ""


def _ends(case: Case) -> list[EndPanel]:
    """The lawful steps of the desk beside closing."""
    return [
        EndPanel(verb, _(_DESK_WORDS[verb]), "quiet" if verb is CaseVerb.reopen else "stop")
        for verb in service.lawful_verbs(case)
        if verb is not CaseVerb.close
    ]
