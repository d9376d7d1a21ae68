"""How a state looks as a chip: a tone and a sign, so that colour alone never carries the meaning."""

from typing import NamedTuple


class ChipLook(NamedTuple):
    """`tone` is a CSS class of app.css; `sign` stands before the words."""

    tone: str
    sign: str


_LOOKS: dict[ChipLook, tuple[str, ...]] = {
    ChipLook("wait", "○"): (
        "open",
        "requested",
        "waitlisted",
        "under_review",
        "due_next",
        "computing",
        "queued",
        "checked",
        "proposed",
        "waiting_for_consent",
        "ready",
        "prepared",
        "soon",
        "invited",
        "uninvited",
        "confirmed",
    ),
    ChipLook("wait", "→"): ("referred", "sending"),
    ChipLook("wait", "Ⅱ"): ("on_hold", "suspended", "restricted"),
    ChipLook("wait", "!"): ("due_today",),
    ChipLook("calm", "●"): (
        "recorded",
        "accepted",
        "in_progress",
        "running",
        "in_service",
        "investigating",
        "publicised",
        "in_use",
        "active",
    ),
    ChipLook("calm", "✓"): ("completed", "met", "partly_met", "approved", "relieved", "sent", "paid"),
    ChipLook("calm", "→"): ("placed",),
    ChipLook("stop", "×"): ("unmet", "rejected", "expired", "refused", "failed", "without", "out_of_use"),
    ChipLook("stop", "!"): ("objected", "overdue", "not_sent", "drifted", "life_threatening", "urgent"),
    ChipLook("still", "·"): ("draft", "later", "not_adopted", "routine"),
    ChipLook("still", "×"): ("cancelled", "discarded", "left_out", "withdrawn", "entered_in_error", "stopped"),
    ChipLook("still", "↩"): ("superseded", "replaced", "recovered"),
    ChipLook("still", "✓"): ("closed", "done"),
}
_LOOK_OF = {state: look for look, states in _LOOKS.items() for state in states}


def chip_look(kind: str, state: object) -> ChipLook:
    """The look of a state of one kind of thing; an open project is good news, an open need waits."""
    if kind == "project_state" and state == "open":
        return ChipLook("calm", "●")
    return _LOOK_OF.get(str(state), ChipLook("still", "·"))
