"""Codes and counts in the words of the operator."""

from collections.abc import Mapping

from tuoju.launch.commands.lazy import labels
from tuoju.launch.language import gettext, operators_language
from tuoju.words.languages import N_, use_language

COUNTED = {
    "divisions": N_("divisions"),
    "policies": N_("policies"),
    "special_days": N_("special days"),
    "years": N_("years of the calendar"),
    "outlines": N_("outlines"),
    "projects": N_("projects"),
    "residents": N_("residents"),
    "households": N_("households"),
    "open_cases": N_("open cases"),
    "live_referrals": N_("live referrals"),
    "funds": N_("funds"),
    "funds_fen": N_("money of funds (fen)"),
    "accounts": N_("accounts"),
    "proposals": N_("proposals of accounts"),
    "subscriptions": N_("subscriptions"),
    "organizations": N_("organizations"),
    "societies": N_("societies"),
}
"""What loading a city and changing its divisions count."""


def operators_label(kind: str, code: object) -> str:
    """The words of a code in the language of the operator, not in that of the sheets."""
    with use_language(operators_language()):
        return labels.label(kind, code)


def counts_in_words(counts: Mapping[str, int]) -> str:
    """Counts by their name in COUNTED, as "divisions 3, projects 1"; "-" where there are none."""
    return ", ".join(f"{gettext(COUNTED[name])} {count}" for name, count in counts.items()) or "-"
