"""The stop before a text is saved whose words may mean danger: what was seen, what to do now, and a choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Actor
from tuoju.residents.models import Resident
from tuoju.residents.protection import deny_danger, raise_alarm, record_no_danger
from tuoju.web.kit.dependencies import OF_THE_PAGE, address_of
from tuoju.web.kit.forms import BlankForm
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.kit.views import View
from tuoju.words.languages import gettext as _
from tuoju_matching.safety.assessment import Assessment, assess
from tuoju_matching.safety.kinds import Danger, Level, Urgency

OF_THE_STOP = frozenset({"safety", "safety_reason", "alarm"})
"""Fields of the stop itself: the choice (danger or none), its reason, and the alarm that was raised already."""

NO_REFERRAL = frozenset({Danger.child_harm, Danger.sexual_harm})
"""Dangers for which no need is recorded: they are reported, never referred (未成年人保护法 art. 11)."""

MAX_REASON = 500


@dataclass(frozen=True)
class SafetyStop(View):
    """What a text may mean, whom to call, and the form that goes on with what was typed."""

    template: ClassVar[str] = "safety_stop.html"
    action: str
    fields: list[tuple[str, str]]
    """What was typed, to be sent again with the choice."""
    dangers: list[Danger]
    sentences: list[str]
    is_alarm: bool
    is_now: bool
    alarm_id: int | None
    form: BlankForm


def stop_for_danger(
    request: Request,
    session: Session,
    actor: Actor,
    form: FormData,
    texts: Sequence[str],
    resident: Resident,
) -> Response | None:
    """The page to answer with instead of saving these texts about a resident; None if they may be saved.

    Plain statements raise the alarm at once and ask for a reason if they mean no danger; signs are asked about, with
    one tap for no. Whoever says yes to harm to a child is led to the report instead of a referral.
    """
    assessment = assess("\n".join(texts))
    if assessment.level is Level.none:
        return None
    choice, alarm_id = form.get("safety"), _alarm_of(form)
    reason = str(form.get("safety_reason", "")).strip()[:MAX_REASON]
    if choice == "none" and assessment.level is Level.ask and alarm_id is None:
        record_no_danger(session, actor, resident.region_code, assessment.dangers)
        return None
    if choice == "none" and reason and alarm_id is not None:
        deny_danger(session, actor, alarm_id, reason=reason)
        return None
    if alarm_id is None and (choice == "danger" or assessment.level is Level.alarm):
        words = "\n".join(texts)
        alarm_id = raise_alarm(session, actor, resident.region_code, words, assessment.dangers, resident=resident).pk
    if choice == "danger":
        return _go_on(request, assessment)
    return _stop(request, form, assessment, alarm_id, needs_reason=choice == "none")


def _go_on(request: Request, assessment: Assessment) -> Response | None:
    if NO_REFERRAL.isdisjoint(assessment.dangers[:1]):
        return None
    return redirect(request, "/protection", _("The township has been told. Call 110 now. No charity is told."))


def _stop(
    request: Request, form: FormData, assessment: Assessment, alarm_id: int | None, *, needs_reason: bool
) -> Response:
    hidden = OF_THE_PAGE | OF_THE_STOP
    errors = {"safety_reason": _("Say why these words mean no danger.")} if needs_reason else {}
    page = SafetyStop(
        action=address_of(request),
        fields=[(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in hidden],
        dangers=list(assessment.dangers),
        sentences=list(assessment.words),
        is_alarm=assessment.level is Level.alarm,
        is_now=assessment.urgency is Urgency.now,
        alarm_id=alarm_id,
        form=BlankForm({}, errors),
    )
    return render(request, page, 422)


def _alarm_of(form: FormData) -> int | None:
    value = str(form.get("alarm", ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
