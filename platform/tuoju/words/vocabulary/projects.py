"""Projects, their conditions and places."""

from collections.abc import Mapping

from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_
from tuoju_projects.models import FundingType, PlaceMove, RuleKind
from tuoju_projects.status import ProjectState, ProjectVerb

ENUMS = (
    EnumWords(
        ProjectState,
        "project_state",
        {
            ProjectState.draft: N_("Draft"),
            ProjectState.open: N_("Open"),
            ProjectState.suspended: N_("Suspended"),
            ProjectState.closed: N_("Ended"),
        },
    ),
    EnumWords(
        ProjectVerb,
        "project_verb",
        {
            ProjectVerb.open: N_("Open the project"),
            ProjectVerb.suspend: N_("Suspend"),
            ProjectVerb.resume: N_("Reopen"),
            ProjectVerb.close: N_("End the project"),
        },
    ),
    EnumWords(
        FundingType,
        "funding_type",
        {
            FundingType.venture_philanthropy: N_("Venture philanthropy"),
            FundingType.government_purchase: N_("Government purchase"),
            FundingType.own_funds: N_("Own funds"),
            FundingType.welfare_lottery: N_("Welfare lottery fund"),
            FundingType.earmarked_donation: N_("Earmarked donation"),
        },
    ),
    EnumWords(
        RuleKind,
        "rule_kind",
        {
            RuleKind.min_age: N_("From age"),
            RuleKind.max_age: N_("Up to age"),
            RuleKind.sex: N_("Sex"),
            RuleKind.relief_category: N_("Category of hardship"),
            RuleKind.vulnerability: N_("Circumstances"),
            RuleKind.self_care: N_("Self-care"),
            RuleKind.disability_type: N_("Kind of disability"),
            RuleKind.disability_grade_at_most: N_("Disability grade at most"),
        },
    ),
    EnumWords(
        PlaceMove,
        "place_move",
        {
            PlaceMove.published: N_("Published"),
            PlaceMove.held: N_("Held"),
            PlaceMove.used: N_("Used"),
            PlaceMove.freed: N_("Freed"),
            PlaceMove.corrected: N_("Corrected"),
        },
    ),
)

CODES: Mapping[str, Mapping[str, str]] = {
    "project_field": {
        "organization": N_("organization"),
        "areas": N_("area"),
        "period": N_("period"),
        "places": N_("places"),
        "target_person_times": N_("target person-times"),
        "budget": N_("budget"),
        "rules": N_("eligibility rules"),
    },
}
