"""Cases and needs as a reader sees them: the one view for pages, API, papers and sheets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tuoju.accounts.fields import EVERYTHING, ConsentData, Form, GatedText, Mask, Stage, form_of, visible
from tuoju.accounts.permissions import Principal
from tuoju.cases.inputs import HEALTH_CONSTRAINTS
from tuoju.cases.models import Case, Need, Urgency
from tuoju.cases.status import NeedState


@dataclass(frozen=True)
class NeedSeen:
    """What a reader sees of a need. `text` is empty for a reader who may not read it."""

    id: int
    case_id: int
    category: str
    urgency: Urgency
    state: NeedState
    opened_at: datetime
    ended_at: datetime | None
    text: GatedText
    wished_times: Sequence[str]
    constraints: Sequence[str]


def need_seen(
    actor: Principal,
    need: Need,
    *,
    stage: Stage = Stage.before,
    shared: Collection[ConsentData] = EVERYTHING,
    mask: Mask | None = None,
) -> NeedSeen:
    """The need as this reader sees it. `stage`, `shared` and `mask` matter for organizations only."""
    form = form_of(actor, "need.constraints", stage, shared=shared)
    shown = [code for code in need.constraints if form is Form.unmasked or code not in HEALTH_CONSTRAINTS]
    return NeedSeen(
        id=need.pk,
        case_id=need.case_id,
        category=need.category,
        urgency=need.urgency,
        state=need.state,
        opened_at=need.opened_at,
        ended_at=need.ended_at,
        text=visible(actor, need, "text", stage=stage, shared=shared, mask=mask),
        wished_times=need.wished_times,
        constraints=[] if form is Form.hidden else shown,
    )


@dataclass(frozen=True)
class CaseSeen:
    """The texts of a case that a reader sees; empty for a reader who may not read them."""

    summary: GatedText
    first_help_reason: GatedText


def case_seen(actor: Principal, case: Case) -> CaseSeen:
    """The texts of a case as this reader sees them."""
    return CaseSeen(visible(actor, case, "summary"), visible(actor, case, "first_help_reason"))
