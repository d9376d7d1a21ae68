"""What an operator reads of an installation."""

from tuoju.database.installation import Environment
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_

ENUMS = (
    EnumWords(
        Environment,
        "environment",
        {
            Environment.production: N_("Production"),
            Environment.demo: N_("Demo"),
            Environment.development: N_("Development"),
        },
    ),
)
