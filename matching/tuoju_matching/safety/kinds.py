"""What a free text may tell: kinds of danger, how urgent, and how sure."""

from enum import StrEnum


class Danger(StrEnum):
    """What may be happening to a person."""

    child_harm = "child_harm"
    sexual_harm = "sexual_harm"
    adult_violence = "adult_violence"
    self_harm = "self_harm"
    medical_emergency = "medical_emergency"
    hunger = "hunger"
    no_shelter = "no_shelter"
    neglect = "neglect"
    extortion = "extortion"


class Level(StrEnum):
    """`alarm` for what was stated, `ask` for what may be meant, `none` otherwise."""

    alarm = "alarm"
    ask = "ask"
    none = "none"


class Urgency(StrEnum):
    """`now` for life or limb, `soon` for days."""

    now = "now"
    soon = "soon"
    none = "none"
