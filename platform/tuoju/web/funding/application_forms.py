"""The forms of the six parts of an application: filled from what is saved, and read back."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData

from tuoju.funding.application_inputs import INPUTS, MAX_LINES, Part
from tuoju.funding.budget import SHARE_AT_MOST, BudgetFault, BudgetHead, Excess
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill, messages, required_of
from tuoju.words.formats import yuan
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.call_rules import CallRuleName, CallRules
from tuoju_text.inputs import Input

CELLS = ("head", "what", "price", "count", "award")
FIRST_LINES = 4
"""Lines of the budget that a new form shows at least."""


def blank(part: Part, saved: Mapping[str, Any]) -> BlankForm:
    """The form of a part, filled with what is saved of it."""
    typed = {name: str(value).lower() if isinstance(value, bool) else value for name, value in saved.items()}
    for number, line in enumerate(saved.get("lines", [])):
        typed |= {f"line-{number}-{cell}": line[cell] for cell in CELLS}
    return BlankForm(typed, required=required_of(INPUTS[part]))


def read(part: Part, form: FormData) -> SubmittedForm[Input]:
    """A posted part. Lines of the budget that are empty are left out."""
    if part is not Part.how_much:
        return fill(form, INPUTS[part])
    lines = [line for line in map(_line(form), range(MAX_LINES)) if line["what"] or line["price"] or line["award"]]
    typed: dict[str, Any] = {name: str(form.get(name, "")) for name in ("viable_share", "viable_places")}
    for number, line in enumerate(lines):
        typed |= {f"line-{number}-{cell}": value for cell, value in line.items()}
    values = {name: value for name, value in typed.items() if value and not name.startswith("line-")}
    try:
        model = INPUTS[part].model_validate({**values, "lines": lines})
        return SubmittedForm(typed, model=model, required=required_of(INPUTS[part]))
    except ValidationError as error:
        return SubmittedForm(typed, errors=messages(error), required=required_of(INPUTS[part]))


def _line(form: FormData) -> Any:
    def of(number: int) -> dict[str, str]:
        line = {cell: str(form.get(f"line-{number}-{cell}", "")).strip() for cell in CELLS}
        return line | {"count": line["count"] or "1", "award": line["award"] or "0"} if line["what"] else line

    return of


def shown_rows(form: BlankForm | SubmittedForm[Input]) -> list[int]:
    """The lines that the form of the budget shows: those that are filled, and two more."""
    filled = sum(f"line-{number}-what" in form.typed for number in range(MAX_LINES))
    return list(range(min(MAX_LINES, max(FIRST_LINES, filled + 2))))


def caps_in_words(rules: CallRules) -> list[str]:
    """The caps of a call, beside its budget form."""
    words = [_("The award is at most ¥%(amount)s.") % {"amount": yuan(rules[CallRuleName.largest_award])}]
    share = rules[CallRuleName.award_of_budget]
    if share < 100:
        words.append(_("The award is at most %(percent)s%% of the budget.") % {"percent": share})
    caps = {**SHARE_AT_MOST, BudgetHead.management: rules[CallRuleName.management_share]}
    sentence = _("%(head)s: at most %(percent)s%% of the award.")
    words += [sentence % {"head": label("budget_head", head), "percent": percent} for head, percent in caps.items()]
    return [
        *words,
        _("Not paid for: fixed assets and building, cash or gifts to clients, travel abroad, receptions and cars."),
    ]


def excess_in_words(excess: Excess) -> str:
    """A cap that the budget breaks."""
    if excess.fault is BudgetFault.no_line:
        return _("The budget asks for no award.")
    words = label("budget_head", excess.head) if excess.head else _("Award")
    return _("%(what)s: at most ¥%(amount)s is allowed.") % {"what": words, "amount": yuan(excess.allowed)}
