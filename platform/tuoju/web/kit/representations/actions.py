"""The lawful verbs of each thing for whoever asks: the same tables as the buttons."""

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.cases.models import Case, Need
from tuoju.cases.service import lawful_verbs
from tuoju.cases.status import NeedState
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralVerb, Side, verbs_from
from tuoju_projects.models import Project
from tuoju_projects.status import STEPS as PROJECT_STEPS


def case_actions(actor: Actor, case: Case) -> list[str]:
    if not may(actor, Action.record_cases):
        return []
    return [verb.value for verb in lawful_verbs(case)]


def need_actions(actor: Actor, need: Need) -> list[str]:
    open_to_field = need.state is NeedState.open and may(actor, Action.record_cases)
    return ["refer", "withdraw"] if open_to_field else []


def referral_actions(actor: Actor, referral: Referral) -> list[ReferralVerb]:
    if may(actor, Action.answer_referrals):
        return list(verbs_from(referral.state, Side.receiver))
    if may(actor, Action.send_referrals):
        return list(verbs_from(referral.state, Side.sender))
    return []


def project_actions(actor: Actor, project: Project) -> list[str]:
    if not may(actor, Action.manage_projects):
        return []
    return [verb.value for (start, verb) in PROJECT_STEPS if start is project.state]
