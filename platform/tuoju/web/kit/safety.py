"""The stop before a text is saved whose words may mean danger: what was seen, what to do now, and a choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Action, Principal, may
from tuoju.residents.alarms import TextOrigin, check_words, deny_danger, raise_alarm, record_no_danger
from tuoju.web.kit.dependencies import OF_THE_PAGE, address_of
from tuoju.web.kit.forms import BlankForm
from tuoju.web.kit.problems import MEDIA_TYPE
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
    may_report: bool
    """Whether whoever types may open the page of reports."""
    form: BlankForm


def texts_of(form: FormData, *names: str) -> list[str]:
    """What was typed into these fields."""
    return [value for name in names for value in form.getlist(name) if isinstance(value, str) and value]


def stop_for_danger(
    request: Request,
    session: Session,
    principal: Principal,
    form: FormData,
    texts: Sequence[str],
    origin: TextOrigin,
    *,
    is_referral: bool = False,
) -> Response | None:
    """The page to answer with instead of saving these texts; None if they may be saved.

    Plain statements raise the alarm at once and ask for a reason if they mean no danger; signs are asked about, with
    one tap for no. Whoever says yes to harm to a child is led to the report instead of a referral (`is_referral`); a
    record of a visit or a message is saved.
    """
    assessment = assess("\n".join(texts))
    if assessment.level is Level.none:
        return None
    choice, alarm_id = form.get("safety"), _alarm_of(form)
    reason = str(form.get("safety_reason", "")).strip()[:MAX_REASON]
    if choice == "none" and assessment.level is Level.ask and alarm_id is None:
        record_no_danger(session, principal, origin.region_code, assessment.dangers)
        return None
    if choice == "none" and reason and alarm_id is not None:
        deny_danger(session, principal, alarm_id, reason=reason)
        return None
    if alarm_id is None and (choice == "danger" or assessment.level is Level.alarm):
        alarm_id = raise_alarm(session, principal, "\n".join(texts), assessment.dangers, origin).pk
    if choice == "danger":
        return _go_on(request, assessment) if is_referral else None
    may_report = may(principal, Action.read_alarms)
    return _stop(request, form, assessment, alarm_id, needs_reason=choice == "none", may_report=may_report)


def check_api_texts(
    session: Session, principal: Principal, texts: Sequence[str], origin: TextOrigin, *, is_referral: bool = False
) -> Response | None:
    """Check what a program sends, which nobody can be asked about: the township is told or asked, and the text is
    saved. The answer instead of saving it if it says that a child is harmed and would lead to a referral."""
    assessment = check_words(session, principal, texts, origin)
    if not is_referral or assessment.level is not Level.alarm or NO_REFERRAL.isdisjoint(assessment.dangers[:1]):
        return None
    detail = _("The township has been told. Call 110 now. No charity is told.")
    body = {"type": "about:blank", "title": HTTPStatus.CONFLICT.phrase, "status": 409, "detail": detail}
    return JSONResponse(body, 409, media_type=MEDIA_TYPE)


def _go_on(request: Request, assessment: Assessment) -> Response | None:
    if NO_REFERRAL.isdisjoint(assessment.dangers[:1]):
        return None
    return redirect(request, "/protection", _("The township has been told. Call 110 now. No charity is told."))


def _stop(
    request: Request,
    form: FormData,
    assessment: Assessment,
    alarm_id: int | None,
    *,
    needs_reason: bool,
    may_report: bool,
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
        may_report=may_report,
        form=BlankForm({}, errors),
    )
    return render(request, page, 422)


def _alarm_of(form: FormData) -> int | None:
    value = str(form.get("alarm", ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
