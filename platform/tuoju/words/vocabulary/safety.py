"""What a free text may tell of danger."""

from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_
from tuoju_matching.safety.kinds import Danger, Level, Urgency

ENUMS = (
    EnumWords(
        Danger,
        "danger",
        {
            Danger.child_harm: N_("Harm to a child"),
            Danger.sexual_harm: N_("Sexual harm"),
            Danger.adult_violence: N_("Violence against an adult"),
            Danger.self_harm: N_("Suicide or self-harm"),
            Danger.medical_emergency: N_("A medical emergency"),
            Danger.hunger: N_("Nothing to eat"),
            Danger.no_shelter: N_("Nowhere to stay"),
            Danger.neglect: N_("Nobody takes care of the person"),
            Danger.extortion: N_("Somebody asks for money"),
        },
    ),
    EnumWords(
        Level,
        "safety_level",
        {Level.alarm: N_("Stated"), Level.ask: N_("May be meant"), Level.none: N_("Nothing seen")},
    ),
    EnumWords(
        Urgency,
        "danger_urgency",
        {
            Urgency.now: N_("Danger now"),
            Urgency.soon: N_("Danger within days"),
            Urgency.none: N_("No danger seen"),
        },
    ),
)
