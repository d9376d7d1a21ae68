"""The rules in force: which clock, notice and cap a case follows, and where that is written."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.errors import DuplicatePolicy, NoPolicy
from tuoju.cases.policies import Policy, PolicyInput, add_policy, find_policies
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import find_children, names
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/policies")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Everyone bound to a region may read by which rule they are treated."""
    rows = find_policies(session, actor.region_code) if actor.region_code else []
    places = names(session, {row.region_code for row in rows})
    return render(request, "policies/index.html", rows=rows, places=places, today=china_day(now()))


@router.get("/policies/{policy_id}/follow")
def follow(request: Request, session: ReadSession, actor: CurrentActor, policy_id: int) -> Response:
    """The form of the row that is to follow another, filled with what holds now."""
    require(actor, Action.manage_policies)
    values = _get(session, policy_id).model_dump(mode="json", exclude={"id", "valid_to"})
    return _form(request, session, actor, policy_id, BlankForm({**values, "valid_from": china_day(now()).isoformat()}))


def _get(session: Session, policy_id: int) -> Policy:
    policy = session.get(Policy, policy_id)
    if policy is None:
        raise NoPolicy
    return policy


def _in_yuan(form: BlankForm | SubmittedForm[PolicyInput]) -> dict[str, object]:
    """What was typed, with caps in yuan again."""
    caps = {
        name: value // 100 for name, value in form.typed.items() if name.endswith("_fen") and isinstance(value, int)
    }
    return {**form.typed, **caps}


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    policy_id: int,
    form: BlankForm | SubmittedForm[PolicyInput],
    status: int = 200,
) -> Response:
    code = actor.region_code or ""
    codes = [code, *(region.code for region in find_children(session, code))]
    places = names(session, codes)
    return render(
        request,
        "policies/form.html",
        status,
        form=BlankForm(_in_yuan(form), form.errors),
        policy=_get(session, policy_id),
        regions=[(each, places[each]) for each in codes],
    )


@router.post("/policies/{policy_id}/follow")
def add(request: Request, session: WriteSession, actor: CurrentActor, policy_id: int, form: Form) -> Response:
    """Caps are typed in yuan; one left empty is none."""
    require(actor, Action.manage_policies)
    caps = ("payment_cap_fen", "yearly_cap_fen", "first_help_cap_fen", "low_balance_fen")
    given = {name: _fen(str(form.get(name, ""))) for name in caps}
    filled = fill(form, PolicyInput, scheme=_get(session, policy_id).scheme, **given)
    if filled.model is None:
        return _form(request, session, actor, policy_id, filled, 422)
    try:
        add_policy(session, actor, filled.model)
    except DuplicatePolicy:
        filled.add("valid_from", _("A rule of this kind begins on the same day here. Please choose another day."))
        return _form(request, session, actor, policy_id, filled, 422)
    return redirect(request, "/policies", _("The rule is in force from its first day. Cases under way keep theirs."))


def _fen(yuan: str) -> int | str | None:
    """Whole yuan as fen; what is no number is left for the input model to name."""
    return int(yuan) * 100 if yuan.isdecimal() else yuan.strip() or None
