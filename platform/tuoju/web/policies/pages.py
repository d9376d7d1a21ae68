"""The policies in force: which clock, notice and cap a case follows, how long consents last and records are kept."""

from collections.abc import Mapping
from datetime import time

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.cases.errors import DuplicatePolicy, NoPolicy
from tuoju.cases.policies import Policy, PolicyInput, Scheme, add_policy, find_policies, get_policy
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import find_children, names
from tuoju.residents.data_policies import (
    COUNTS_FROM,
    KIND_OF_PURPOSE,
    DataKind,
    DataPolicy,
    DataPolicyInput,
    add_data_policy,
    find_data_policies,
    get_data_policy,
)
from tuoju.residents.errors import DuplicateDataPolicy, NoDataPolicy
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.policies.views import (
    DataPolicyFormPage,
    DataPolicyListPage,
    DataPolicyRow,
    PolicyFormPage,
    PolicyListPage,
    PolicyRow,
)
from tuoju.words.formats import yuan
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.languages import ngettext

router = APIRouter()
_CAPS = ("payment_cap_fen", "yearly_cap_fen", "first_help_cap_fen", "low_balance_fen")
"""Typed in yuan, kept in fen."""


@router.get("/policies", dependencies=[needs(Action.read_policies)])
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The policies of the actor's region and of those above it; everyone with a region may read them."""
    policies = find_policies(session, actor.region_code) if actor.region_code else []
    places = names(session, {policy.region_code for policy in policies})
    rows = [_row(actor, policy, places) for policy in policies]
    missing = [scheme for scheme in Scheme if scheme not in {policy.scheme for policy in policies}]
    return render(request, PolicyListPage(rows, missing if may(actor, Action.manage_policies) else []))


@router.get("/policies/data", dependencies=[needs(Action.read_policies)])
def data_index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """How long consents last and records are kept; everyone with a region may read it."""
    policies = find_data_policies(session, actor.region_code) if actor.region_code else []
    places = names(session, {policy.region_code for policy in policies})
    today = china_day(now())
    rows = [
        DataPolicyRow(
            policy_id=policy.pk,
            kind=policy.kind,
            place=places[policy.region_code],
            valid_from=policy.valid_from,
            valid_to=policy.valid_to,
            length=_length(policy),
            citation=policy.citation,
            source=policy.source,
            is_past=policy.valid_to is not None and policy.valid_to < today,
            may_follow=may(actor, Action.manage_policies) and (policy.valid_to is None or policy.valid_to >= today),
        )
        for policy in policies
    ]
    missing = [kind for kind in DataKind if kind not in {policy.kind for policy in policies}]
    return render(request, DataPolicyListPage(rows, missing if may(actor, Action.manage_policies) else []))


def _length(policy: DataPolicy) -> str:
    """36 months from the end of the referral."""
    months = ngettext("%(num)d month", "%(num)d months", policy.months) % {"num": policy.months}
    return _("%(months)s %(event)s") % {"months": months, "event": label("milestone", COUNTS_FROM[policy.kind])}


@router.get("/policies/data/{policy_id}/follow", dependencies=[needs(Action.manage_policies)])
def follow_data(request: Request, session: ReadSession, actor: CurrentActor, policy_id: PathId) -> Response:
    """The form of the policy that is to follow another, filled with what holds now."""
    require(actor, Action.manage_policies)
    policy = get_data_policy(session, policy_id)
    start = {**policy.model_dump(mode="json"), "valid_from": china_day(now()).isoformat()}
    form = BlankForm(start, required=required_of(DataPolicyInput))
    return render(request, _data_form_page(session, actor, policy, form))


def _data_form_page(
    session: Session, actor: Actor, policy: DataPolicy, form: BlankForm | SubmittedForm[DataPolicyInput]
) -> DataPolicyFormPage:
    return DataPolicyFormPage(
        action=f"/policies/data/{policy.pk}/follow",
        kind=policy.kind,
        event=label("milestone", COUNTS_FROM[policy.kind]),
        reminds=policy.kind in KIND_OF_PURPOSE.values(),
        regions=_regions(session, actor),
        form=form,
    )


@router.post("/policies/data/{policy_id}/follow", dependencies=[needs(Action.manage_policies)])
def add_data(request: Request, session: WriteSession, actor: CurrentActor, policy_id: PathId, form: Form) -> Response:
    """Put a policy on consents or records into force after another."""
    require(actor, Action.manage_policies)
    policy = get_data_policy(session, policy_id)
    filled = fill(form, DataPolicyInput, kind=policy.kind)
    if filled.model is not None:
        try:
            add_data_policy(session, actor, filled.model)
        except DuplicateDataPolicy:
            filled.add("valid_from", _("A policy of this kind already starts on this date. Choose another date."))
    if filled.model is None:
        return render(request, _data_form_page(session, actor, policy, filled), 422)
    words = _("The policy is in force from its first day. Consents that were given keep theirs.")
    return redirect(request, "/policies/data", words)


@router.get("/policies/data/new", dependencies=[needs(Action.manage_policies)])
def new_data(request: Request, session: ReadSession, actor: CurrentActor, kind: DataKind) -> Response:
    """The form of a policy where none exists."""
    require(actor, Action.manage_policies)
    start = {"valid_from": china_day(now()).isoformat(), "region_code": actor.region_code}
    form = BlankForm(start, required=required_of(DataPolicyInput))
    return render(request, _new_data_page(session, actor, kind, form))


def _new_data_page(
    session: Session, actor: Actor, kind: DataKind, form: BlankForm | SubmittedForm[DataPolicyInput]
) -> DataPolicyFormPage:
    return DataPolicyFormPage(
        action="/policies/data/new",
        kind=kind,
        event=label("milestone", COUNTS_FROM[kind]),
        reminds=kind in KIND_OF_PURPOSE.values(),
        regions=_regions(session, actor),
        form=form,
    )


@router.post("/policies/data/new", dependencies=[needs(Action.manage_policies)])
def add_new_data(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Put the first policy of a kind into force."""
    require(actor, Action.manage_policies)
    filled = fill(form, DataPolicyInput)
    if filled.model is not None:
        try:
            add_data_policy(session, actor, filled.model)
        except DuplicateDataPolicy:
            filled.add("valid_from", _("A policy of this kind already starts on this date. Choose another date."))
    if filled.model is None:
        kind = next((kind for kind in DataKind if kind == filled.typed.get("kind")), None)
        if kind is None:
            raise NoDataPolicy
        return render(request, _new_data_page(session, actor, kind, filled), 422)
    words = _("The policy is in force from its first day. Consents that were given keep theirs.")
    return redirect(request, "/policies/data", words)


def _row(actor: Actor, policy: Policy, places: Mapping[str, str]) -> PolicyRow:
    is_past = policy.valid_to is not None and policy.valid_to < china_day(now())
    return PolicyRow(
        policy_id=policy.pk,
        title=policy.title,
        place=places[policy.region_code],
        valid_from=policy.valid_from,
        valid_to=policy.valid_to,
        citation=policy.citation,
        source=policy.source,
        facts=[*_procedure_facts(policy), *_money_facts(policy), *_people_facts(policy), *_hour_facts(policy)],
        is_past=is_past,
        may_follow=may(actor, Action.manage_policies) and not is_past,
    )


def _procedure_facts(policy: Policy) -> list[str]:
    facts = [_("No procedure of its own")]
    if policy.has_procedure:
        unit = label("day_unit", policy.handling_unit)
        facts = [
            _("Visit and opinion within %(count)s %(unit)s") % {"count": policy.opinion_within, "unit": unit},
            _("relief within %(count)s") % {"count": policy.relief_within},
        ]
    notice = label("notice_phase", policy.notice_phase)
    if policy.notice_days:
        notice += f"{_(': ')}{policy.notice_days} {label('day_unit', policy.notice_unit)}"
    return [*facts, notice]


def _money_facts(policy: Policy) -> list[str]:
    facts = []
    if policy.payment_cap_fen:
        facts.append(_("at most ¥%(cap)s per payment") % {"cap": yuan(policy.payment_cap_fen)})
    if policy.yearly_cap_fen:
        facts.append(_("¥%(cap)s per year") % {"cap": yuan(policy.yearly_cap_fen)})
    if policy.persons_per_payment == 2:
        facts.append(_("two people for each payment"))
    return facts


def _people_facts(policy: Policy) -> list[str]:
    count = policy.investigators_at_least
    facts = [
        ngettext("at least %(num)d person on a visit", "at least %(num)d people on a visit", count) % {"num": count}
    ]
    if policy.sole_officer_may_decide and policy.has_procedure:
        facts.append(_("the only officer may decide alone"))
    words = _("referrals answered within %(count)s working days, first visit within %(visit)s")
    alarms = _("the county is told of an alarm that nobody handles after %(count)s minutes")
    checks = _("%(percent)s%% of the helped referrals of a month are checked")
    return [
        *facts,
        words % {"count": policy.answer_within, "visit": policy.first_visit_within},
        checks % {"percent": policy.spot_check_percent},
        alarms % {"count": policy.alarm_minutes},
    ]


def _hour_facts(policy: Policy) -> list[str]:
    news = {"start": f"{policy.news_from:%H:%M}", "end": f"{policy.news_until:%H:%M}"}
    reminders = {"start": f"{policy.reminders_from:%H:%M}", "end": f"{policy.reminders_until:%H:%M}"}
    return [_("notifications to residents %(start)s–%(end)s") % news, _("reminders %(start)s–%(end)s") % reminders]


@router.get("/policies/{policy_id}/follow", dependencies=[needs(Action.manage_policies)])
def follow(request: Request, session: ReadSession, actor: CurrentActor, policy_id: PathId) -> Response:
    """The form of the policy that is to follow another, filled with what holds now."""
    require(actor, Action.manage_policies)
    policy = get_policy(session, policy_id)
    values = policy.model_dump(mode="json", exclude={"id", "valid_to"})
    start = {**values, "valid_from": china_day(now()).isoformat()}
    form = BlankForm(start, required=required_of(PolicyInput))
    return render(request, _form_page(session, actor, policy, form))


def _form_page(
    session: Session, actor: Actor, policy: Policy, form: BlankForm | SubmittedForm[PolicyInput]
) -> PolicyFormPage:
    return PolicyFormPage(
        action=f"/policies/{policy.pk}/follow",
        scheme=policy.scheme,
        title=policy.title,
        regions=_regions(session, actor),
        form=_as_shown(form),
    )


def _as_shown(form: BlankForm | SubmittedForm[PolicyInput]) -> BlankForm:
    typed = {name: _field_value(name, value) for name, value in form.typed.items()}
    return BlankForm(typed, form.errors, required=form.required - frozenset(_CAPS))  # an empty limit is none


@router.get("/policies/new", dependencies=[needs(Action.manage_policies)])
def new(request: Request, session: ReadSession, actor: CurrentActor, scheme: Scheme) -> Response:
    """The form of a policy where none exists, filled with the usual values."""
    require(actor, Action.manage_policies)
    usual = {name: field.get_default() for name, field in PolicyInput.model_fields.items() if not field.is_required()}
    values = {name: f"{value:%H:%M}" if isinstance(value, time) else value for name, value in usual.items()}
    values |= {"valid_from": china_day(now()).isoformat(), "region_code": actor.region_code}
    return render(request, _new_page(session, actor, scheme, BlankForm(values, required=required_of(PolicyInput))))


def _new_page(
    session: Session, actor: Actor, scheme: Scheme, form: BlankForm | SubmittedForm[PolicyInput]
) -> PolicyFormPage:
    return PolicyFormPage(
        action="/policies/new", scheme=scheme, title="", regions=_regions(session, actor), form=_as_shown(form)
    )


@router.post("/policies/new", dependencies=[needs(Action.manage_policies)])
def add_new(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Put the first policy of a scheme into force."""
    require(actor, Action.manage_policies)
    policy_form = fill(form, PolicyInput, **_caps(form))
    if policy_form.model is not None:
        try:
            add_policy(session, actor, policy_form.model)
        except DuplicatePolicy:
            policy_form.add("valid_from", _("A policy of this kind already starts on this date. Choose another date."))
    if policy_form.model is None:
        scheme = next((scheme for scheme in Scheme if scheme == policy_form.typed.get("scheme")), None)
        if scheme is None:
            raise NoPolicy
        return render(request, _new_page(session, actor, scheme, policy_form), 422)
    return redirect(request, "/policies", _("The policy is in force from its first day. Open cases keep their policy."))


def _caps(form: FormData) -> dict[str, int | str | None]:
    return {name: _fen(str(form.get(name, ""))) for name in _CAPS}


def _regions(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """(code, name) of the actor's region and those below it."""
    code = actor.region_code or ""
    codes = [code, *(region.code for region in find_children(session, code))]
    places = names(session, codes)
    return [(region_code, places[region_code]) for region_code in codes]


def _field_value(name: str, value: object) -> object:
    """A value as its field shows it: amounts in yuan, yes and no as the codes of the choice."""
    if isinstance(value, bool):
        return str(value).lower()
    if name in _CAPS and isinstance(value, int):
        return value // 100
    return value


@router.post("/policies/{policy_id}/follow", dependencies=[needs(Action.manage_policies)])
def add(request: Request, session: WriteSession, actor: CurrentActor, policy_id: PathId, form: Form) -> Response:
    """Put a policy into force after another. Amounts are typed in yuan; an empty one means no limit."""
    require(actor, Action.manage_policies)
    policy = get_policy(session, policy_id)
    policy_form = fill(form, PolicyInput, scheme=policy.scheme, **_caps(form))
    if policy_form.model is None:
        return render(request, _form_page(session, actor, policy, policy_form), 422)
    try:
        add_policy(session, actor, policy_form.model)
    except DuplicatePolicy:
        policy_form.add("valid_from", _("A policy of this kind already starts on this date. Choose another date."))
        return render(request, _form_page(session, actor, policy, policy_form), 422)
    return redirect(request, "/policies", _("The policy is in force from its first day. Open cases keep their policy."))


def _fen(typed_yuan: str) -> int | str | None:
    """Whole yuan as fen; anything else is left for the input model to refuse."""
    is_amount = typed_yuan.isdecimal() and len(typed_yuan) <= 12
    return int(typed_yuan) * 100 if is_amount else typed_yuan.strip() or None
