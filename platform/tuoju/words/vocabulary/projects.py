"""Projects, their conditions and places."""

from collections.abc import Mapping

from tuoju.words.languages import N_

ENUMS: Mapping[str, Mapping[str, str]] = {
    "project_state": {
        "draft": N_("Draft"),
        "open": N_("Open"),
        "suspended": N_("Suspended"),
        "closed": N_("Ended"),
    },
    "project_verb": {
        "open": N_("Open the project"),
        "suspend": N_("Suspend"),
        "resume": N_("Open again"),
        "close": N_("End the project"),
    },
    "funding_type": {
        "venture_philanthropy": N_("Venture philanthropy"),
        "government_purchase": N_("Government purchase"),
        "own_funds": N_("Own funds"),
        "welfare_lottery": N_("Welfare lottery fund"),
        "earmarked_donation": N_("Earmarked donation"),
    },
    "project_field": {
        "organization": N_("organization"),
        "areas": N_("area"),
        "period": N_("period"),
        "places": N_("places"),
        "target_person_times": N_("target person-times"),
        "budget": N_("budget"),
        "rules": N_("conditions"),
    },
    "rule_kind": {
        "min_age": N_("From age"),
        "max_age": N_("Up to age"),
        "sex": N_("Sex"),
        "relief_category": N_("Category of hardship"),
        "vulnerability": N_("Circumstances"),
        "self_care": N_("Self-care"),
        "disability_type": N_("Kind of disability"),
        "disability_grade_at_most": N_("Disability grade at most"),
    },
    "place_move": {
        "published": N_("Published"),
        "held": N_("Held"),
        "used": N_("Used"),
        "freed": N_("Freed"),
        "corrected": N_("Corrected"),
    },
}
