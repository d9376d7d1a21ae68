"""States, verbs and hats of the funding cycle; `lifecycles` has the lawful steps."""

from enum import StrEnum


class Hat(StrEnum):
    """Who takes a step of the funding cycle. Hats are worn for one call; one person wears one of them a call."""

    manager = "manager"
    screener = "screener"
    """Checks papers and sums; never judges quality."""
    reviewer = "reviewer"
    """Scores, blind and alone."""
    panel = "panel"
    """Decides awards together."""
    evaluator = "evaluator"
    """From outside the organization and the call's training."""
    finance = "finance"
    """Pays; never who approved."""
    charity = "charity"
    both_parties = "both_parties"
    clock = "clock"


class CallState(StrEnum):
    """Where a call stands (征集)."""

    draft = "draft"
    open = "open"
    screening = "screening"
    review = "review"
    deliberation = "deliberation"
    notice = "notice"
    contracting = "contracting"
    running = "running"
    closed = "closed"
    cancelled = "cancelled"


class CallVerb(StrEnum):
    """What can be done with a call."""

    publish = "publish"
    extend = "extend"
    close = "close"
    start_review = "start_review"
    close_review = "close_review"
    decide = "decide"
    end_notice = "end_notice"
    complete = "complete"
    finish = "finish"
    cancel = "cancel"


class ApplicationState(StrEnum):
    """Where an application stands (申报书)."""

    draft = "draft"
    submitted = "submitted"
    completion_asked = "completion_asked"
    eligible = "eligible"
    ineligible = "ineligible"
    scored = "scored"
    awarded = "awarded"
    reserve = "reserve"
    rejected = "rejected"
    contracted = "contracted"
    declined = "declined"
    lapsed = "lapsed"
    annulled = "annulled"
    withdrawn = "withdrawn"


class ApplicationVerb(StrEnum):
    """What can be done with an application."""

    submit = "submit"
    reopen_by_applicant = "reopen_by_applicant"
    ask = "ask"
    complete = "complete"
    accept = "accept"
    fail = "fail"
    score = "score"
    award = "award"
    put_on_reserve = "put_on_reserve"
    reject = "reject"
    sign = "sign"
    decline = "decline"
    lapse = "lapse"
    annul = "annul"
    withdraw = "withdraw"


class ReviewState(StrEnum):
    """Where one reviewer's review of one application stands (评审)."""

    assigned = "assigned"
    declared = "declared"
    recused = "recused"
    draft = "draft"
    submitted = "submitted"
    replaced = "replaced"


class ReviewVerb(StrEnum):
    """What can be done with a review."""

    declare = "declare"
    save = "save"
    submit = "submit"
    reopen = "reopen"
    reassign = "reassign"


class AgreementState(StrEnum):
    """Where an agreement stands (项目协议)."""

    draft = "draft"
    active = "active"
    suspended = "suspended"
    rectifying = "rectifying"
    closing = "closing"
    reported = "reported"
    terminating = "terminating"
    evaluated = "evaluated"
    completed = "completed"
    terminated = "terminated"


class AgreementVerb(StrEnum):
    """What can be done with an agreement."""

    sign = "sign"
    suspend = "suspend"
    resume = "resume"
    accept_midterm = "accept_midterm"
    rectify = "rectify"
    accept_rectification = "accept_rectification"
    terminate = "terminate"
    end = "end"
    report = "report"
    evaluate = "evaluate"
    settle = "settle"


class TrancheState(StrEnum):
    """Where a tranche stands (拨款)."""

    planned = "planned"
    requested = "requested"
    approved = "approved"
    paid = "paid"
    held = "held"
    cancelled = "cancelled"


class TrancheVerb(StrEnum):
    """What can be done with a tranche."""

    request = "request"
    approve = "approve"
    pay = "pay"
    hold = "hold"
    release = "release"
    cancel = "cancel"


class SpendingState(StrEnum):
    """Where a spending record stands (支出记录)."""

    draft = "draft"
    submitted = "submitted"
    queried = "queried"
    accepted = "accepted"
    disallowed = "disallowed"


class SpendingVerb(StrEnum):
    """What can be done with a spending record."""

    submit = "submit"
    accept = "accept"
    query = "query"
    answer = "answer"
    disallow = "disallow"


class ChangeState(StrEnum):
    """Where a change request stands (变更申请)."""

    draft = "draft"
    submitted = "submitted"
    approved = "approved"
    refused = "refused"


class ChangeVerb(StrEnum):
    """What can be done with a change request."""

    submit = "submit"
    approve = "approve"
    refuse = "refuse"


class ActivityState(StrEnum):
    """Where an activity stands (活动)."""

    planned = "planned"
    held = "held"
    cancelled = "cancelled"


class ActivityVerb(StrEnum):
    """What can be done with an activity."""

    hold = "hold"
    move = "move"
    correct = "correct"
    cancel = "cancel"
