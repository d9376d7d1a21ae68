"""The policies in force: which clock, notice and cap a case follows, and where that is written."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.cases.errors import DuplicatePolicy
from tuoju.cases.policies import Policy, PolicyInput, add_policy, find_policies, get_policy
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import find_children, names
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.policies.views import PolicyFormPage, PolicyListPage, PolicyRow
from tuoju.words.formats import yuan
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.languages import ngettext

router = APIRouter()
_CAPS = ("payment_cap_fen", "yearly_cap_fen", "first_help_cap_fen", "low_balance_fen")
"""Typed in yuan, kept in fen."""


@router.get("/policies")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The policies of the actor's region and of those above it; everyone with a region may read them."""
    policies = find_policies(session, actor.region_code) if actor.region_code else []
    places = names(session, {policy.region_code for policy in policies})
    rows = [_row(actor, policy, places) for policy in policies]
    return render(request, PolicyListPage(rows))


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
    return [*facts, words % {"count": policy.answer_within, "visit": policy.first_visit_within}]


def _hour_facts(policy: Policy) -> list[str]:
    news = {"start": f"{policy.news_from:%H:%M}", "end": f"{policy.news_until:%H:%M}"}
    reminders = {"start": f"{policy.reminders_from:%H:%M}", "end": f"{policy.reminders_until:%H:%M}"}
    return [_("notifications to residents %(start)s–%(end)s") % news, _("reminders %(start)s–%(end)s") % reminders]


@router.get("/policies/{policy_id}/follow")
def follow(request: Request, session: ReadSession, actor: CurrentActor, policy_id: PathId) -> Response:
    """The form of the policy that is to follow another, filled with what holds now."""
    require(actor, Action.manage_policies)
    policy = get_policy(session, policy_id)
    values = policy.model_dump(mode="json", exclude={"id", "valid_to"})
    form = BlankForm({**values, "valid_from": china_day(now()).isoformat()})
    return render(request, _form_page(session, actor, policy, form))


def _form_page(
    session: Session, actor: Actor, policy: Policy, form: BlankForm | SubmittedForm[PolicyInput]
) -> PolicyFormPage:
    code = actor.region_code or ""
    codes = [code, *(region.code for region in find_children(session, code))]
    places = names(session, codes)
    return PolicyFormPage(
        policy_id=policy.pk,
        scheme=policy.scheme,
        title=policy.title,
        regions=[(region_code, places[region_code]) for region_code in codes],
        form=BlankForm({name: _field_value(name, value) for name, value in form.typed.items()}, form.errors),
    )


def _field_value(name: str, value: object) -> object:
    """A value as its field shows it: amounts in yuan, yes and no as the codes of the choice."""
    if isinstance(value, bool):
        return str(value).lower()
    if name in _CAPS and isinstance(value, int):
        return value // 100
    return value


@router.post("/policies/{policy_id}/follow")
def add(request: Request, session: WriteSession, actor: CurrentActor, policy_id: PathId, form: Form) -> Response:
    """Put a policy into force after another. Amounts are typed in yuan; an empty one means no limit."""
    require(actor, Action.manage_policies)
    policy = get_policy(session, policy_id)
    caps = {name: _fen(str(form.get(name, ""))) for name in _CAPS}
    policy_form = fill(form, PolicyInput, scheme=policy.scheme, **caps)
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
