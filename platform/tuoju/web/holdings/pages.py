"""All that is held on a person: the copy (PIPL art. 45), the request for erasure (art. 47), the list of erasures."""

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.request_limits import Expense
from tuoju.database.records import now
from tuoju.documents.papers.file_archive import archive_of
from tuoju.documents.papers.file_paper import file_number
from tuoju.documents.papers.held_paper import collect_held, held_paper
from tuoju.documents.papers.typesetting import to_pdf
from tuoju.holdings import service
from tuoju.holdings.declaration import HELD, collect
from tuoju.holdings.errors import ErasureReasonMissing
from tuoju.holdings.inputs import ErasureRequestInput, KeepInput
from tuoju.holdings.models import Erasure
from tuoju.holdings.status import ERASURE_STEPS, Erasable, ErasureState, ErasureVerb
from tuoju.readings.purposes import COPY_PURPOSES
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import full_name, names
from tuoju.reports.issuing import issue
from tuoju.reports.models import IssuedKind
from tuoju.residents.data_policies import get_data_policy
from tuoju.residents.models import Resident
from tuoju.residents.queries import get_resident
from tuoju.residents.views import resident_seen
from tuoju.web.holdings.views import ErasureListPage, ErasureRow, HoldingsPage, KeepForm, RequestForm
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import BareForm, CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.formats import china_date
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.languages import use_language

router = APIRouter()


@router.get("/residents/{resident_id}/holdings", dependencies=[needs(Action.read_residents)])
def show(request: Request, session: ReadSession, actor: CurrentActor, resident_id: PathId) -> Response:
    """What is held on a person by kind and number, and the forms of a copy and of an erasure."""
    return _page(request, session, actor, get_resident(session, actor, resident_id))


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    resident: Resident,
    *,
    copy_form: BlankForm | None = None,
    request_form: RequestForm | None = None,
    status: int = 200,
) -> Response:
    rows = collect(session, resident)
    erasure = service.find_open_erasure(session, resident)
    erased = resident.erased_at is not None
    page = HoldingsPage(
        resident=resident_seen(actor, resident, china_day(now())),
        place=full_name(session, resident.region_code),
        counts=[
            (label("held_table", held.name), len(rows[held.name]))
            for held in HELD
            if not held.withheld and rows[held.name]
        ],
        purposes=[(purpose, label("reading_purpose", purpose)) for purpose in COPY_PURPOSES],
        copy_form=copy_form or BlankForm(required=frozenset({"purpose"})),
        request_form=request_form or BlankForm(required=required_of(ErasureRequestInput)),
        may_export=may(actor, Action.reveal_residents) and not erased,
        may_request=may(actor, Action.record_residents) and not erased and erasure is None,
        state=label("erasure_state", erasure.state) if erasure else "",
        blocks=[label("erase_block", block) for block in (service.blocks_of(session, resident) if not erased else ())],
    )
    return render(request, page, status)


@router.post(
    "/residents/{resident_id}/holdings.zip",
    dependencies=[needs(Action.reveal_residents), repeatable(READS), costs(Expense.paper)],
)
def export(
    request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: BareForm
) -> Response:
    """All that is held as a ZIP: held.json, the files, and the copy on paper. Audited with its purpose, and shown to
    the resident among those who read the file."""
    resident = get_resident(session, actor, resident_id)
    purpose = str(form.get("purpose", ""))
    if purpose not in set(COPY_PURPOSES):
        errors = {"purpose": _("Choose what you need it for.")}
        copy_form = BlankForm({}, errors, required=frozenset(errors))
        return _page(request, session, actor, resident, copy_form=copy_form, status=422)
    foot = f"{actor.display_name} {datetime.now(CHINA):%Y-%m-%d %H:%M:%S} 导出"
    with use_language("zh_CN"):
        facts = collect_held(session, actor, resident, purpose=purpose)
        paper = to_pdf(held_paper(facts, foot))
    content = archive_of({"copy.pdf": paper, "held.json": facts.holdings.content, **facts.holdings.files})
    issued = issue(session, actor, IssuedKind.person_archive, resident, content, holdings=True)
    headers = {
        "content-disposition": f'attachment; filename="{file_number(resident)}-held.zip"',
        "cache-control": "no-store",
        "x-content-sha256": issued.sha256,
    }
    return Response(content, media_type="application/zip", headers=headers)


@router.post("/residents/{resident_id}/erasure", dependencies=[needs(Action.record_residents)])
def ask(request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: Form) -> Response:
    """Take a person's request for erasure; where something stands against it, their data are restricted."""
    resident = get_resident(session, actor, resident_id)
    filled = fill(form, ErasureRequestInput)
    if filled.model is None:
        return _page(request, session, actor, resident, request_form=filled, status=422)
    erasure = service.request_erasure(session, actor, resident, reason=filled.model.reason)
    words = _("The request is recorded. A second person decides on it.")
    if erasure.state is ErasureState.restricted:
        words = _("The request is recorded. The data cannot be erased yet; until then they are stored only.")
    return redirect(request, f"/residents/{resident_id}/holdings", words)


@router.get("/erasures", dependencies=[needs(Action.approve_erasures)])
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """What waits to be erased, and what was decided."""
    return _list(request, session, actor)


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    keep_forms: Mapping[int, KeepForm] | None = None,
    status: int = 200,
) -> Response:
    """`keep_forms` are forms of keeping that were refused, by the id of their erasure."""
    waiting = service.find_erasures(session, actor, is_open=True)
    ended = service.find_erasures(session, actor, is_open=False, limit=50)
    places = names(session, {erasure.region_code for erasure in [*waiting, *ended]})
    page = ErasureListPage(
        waiting=[_row(session, actor, erasure, places, (keep_forms or {}).get(erasure.pk)) for erasure in waiting],
        ended=[_row(session, actor, erasure, places, None) for erasure in ended],
    )
    return render(request, page, status)


def _row(
    session: Session, actor: Actor, erasure: Erasure, places: Mapping[str, str], keep_form: KeepForm | None
) -> ErasureRow:
    is_person = erasure.what is Erasable.person
    number = f" · #{erasure.resident_id}" if is_person else ""
    own = erasure.first_by == actor.user_id
    verbs = [verb for (state, verb) in ERASURE_STEPS if state is erasure.state]
    return ErasureRow(
        erasure_id=erasure.pk,
        title=label("erasable", erasure.what) + number,
        place=places[erasure.region_code],
        person_url=f"/residents/{erasure.resident_id}" if is_person and may(actor, Action.read_residents) else "",
        ground=label("erasure_ground", erasure.ground),
        state=erasure.state,
        reason=visible(actor, erasure, "reason"),
        facts=_facts(erasure),
        source=_source(session, erasure),
        blocks=[label("erase_block", block) for block in erasure.blocks],
        steps=[
            (f"/erasures/{erasure.pk}/{verb}", label("erasure_verb", verb), _KIND_OF[verb])
            for verb in verbs
            if verb in _KIND_OF and not (verb is ErasureVerb.approve and own)
        ],
        may_keep=ErasureVerb.keep in verbs,
        keep_form=keep_form or BlankForm(required=required_of(KeepInput)),
        waits_for_another=own and ErasureVerb.approve in verbs,
    )


_KIND_OF: Mapping[ErasureVerb, str] = {
    ErasureVerb.confirm: "quiet",
    ErasureVerb.release: "quiet",
    ErasureVerb.approve: "stop",
}
"""The look of the button of each step that needs no reason."""


def _facts(erasure: Erasure) -> list[str]:
    facts = [_("Proposed on %(day)s") % {"day": china_date(erasure.proposed_at)}]
    if erasure.due_on is not None:
        facts.append(_("Kept long enough since %(day)s") % {"day": china_date(erasure.due_on)})
    if erasure.row_count:
        facts.append(_("%(count)s rows") % {"count": erasure.row_count})
    if erasure.keep_until is not None:
        facts.append(_("Kept until %(day)s") % {"day": china_date(erasure.keep_until)})
    if erasure.ended_at is not None:
        facts.append(_("Decided on %(day)s") % {"day": china_date(erasure.ended_at)})
    return facts


def _source(session: Session, erasure: Erasure) -> str:
    if erasure.policy_id is None:
        return ""
    policy = get_data_policy(session, erasure.policy_id)
    return f"{policy.citation} · {policy.source}"


@router.post("/erasures/{erasure_id}/keep", dependencies=[needs(Action.approve_erasures)])
def keep(request: Request, session: WriteSession, actor: CurrentActor, erasure_id: PathId, form: Form) -> Response:
    """Decide that the data are kept, with the reason and until when."""
    erasure = service.get_erasure(session, actor, erasure_id)
    service.target_of(erasure, ErasureVerb.keep)  # once it is decided there is no form to come back to
    filled: SubmittedForm[KeepInput] = fill(form, KeepInput)
    if filled.model is not None:
        try:
            service.keep_data(session, actor, erasure, reason=filled.model.reason, until=filled.model.until)
        except ErasureReasonMissing:
            filled.add("until", _("Choose a day after today."))
    if filled.model is None:
        return _list(request, session, actor, keep_forms={erasure_id: filled}, status=422)
    return redirect(request, "/erasures", _("The data are kept. They are proposed again after that day."))


@router.post("/erasures/{erasure_id}/confirm", dependencies=[needs(Action.approve_erasures)])
def confirm(request: Request, session: WriteSession, actor: CurrentActor, erasure_id: PathId, form: Form) -> Response:
    """Decide as the first person."""
    service.confirm_erasure(session, actor, service.get_erasure(session, actor, erasure_id))
    return redirect(request, "/erasures", _("Confirmed. A second person decides."))


@router.post("/erasures/{erasure_id}/release", dependencies=[needs(Action.approve_erasures)])
def release(request: Request, session: WriteSession, actor: CurrentActor, erasure_id: PathId, form: Form) -> Response:
    """Look again at what stands against it."""
    service.release_erasure(session, actor, service.get_erasure(session, actor, erasure_id))
    return redirect(request, "/erasures", _("Nothing stands against it any more. A second person decides."))


@router.post("/erasures/{erasure_id}/approve", dependencies=[needs(Action.approve_erasures)])
def approve(request: Request, session: WriteSession, actor: CurrentActor, erasure_id: PathId, form: Form) -> Response:
    """Decide as the second person, and erase."""
    service.approve_erasure(session, actor, service.get_erasure(session, actor, erasure_id))
    return redirect(request, "/erasures", _("Erased. The figures are as before."))
