"""Residents, accounts and what they agree to."""

from collections.abc import Mapping

from tuoju.accounts.models import Role, SessionKind
from tuoju.regions.models import RegionLevel
from tuoju.residents.inputs import ConsentMethod, RevealPurpose
from tuoju.residents.models import ConsentGiver, ConsentPurpose, IdType, SelfCare, Sex
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_

ENUMS = (
    EnumWords(
        SessionKind,
        "session_kind",
        {SessionKind.browser: N_("Browser"), SessionKind.api: N_("Program (API)")},
    ),
    EnumWords(
        RegionLevel,
        "region_level",
        {
            RegionLevel.city: N_("City"),
            RegionLevel.county: N_("County"),
            RegionLevel.township: N_("Township"),
            RegionLevel.village: N_("Village"),
        },
    ),
    EnumWords(
        Role,
        "role",
        {
            Role.social_worker: N_("Social worker"),
            Role.township_officer: N_("Township officer"),
            Role.charity_staff: N_("Charity staff"),
            Role.program_manager: N_("Program manager"),
            Role.administrator: N_("Administrator"),
        },
    ),
    EnumWords(
        Sex,
        "sex_word",
        {
            Sex.male: N_("Male"),
            Sex.female: N_("Female"),
            Sex.unknown: N_("Not stated"),
        },
    ),
    EnumWords(
        IdType,
        "id_type",
        {
            IdType.resident_id: N_("Resident ID card"),
            IdType.residence_permit: N_("Residence permit"),
            IdType.hmt_residence_permit: N_("Residence permit for Hong Kong, Macao and Taiwan"),
            IdType.passport: N_("Passport"),
            IdType.none: N_("No document"),
        },
    ),
    EnumWords(
        SelfCare,
        "self_care_word",
        {
            SelfCare.not_assessed: N_("Not assessed yet"),
            SelfCare.able: N_("Manages alone"),
            SelfCare.partly_unable: N_("Needs some help"),
            SelfCare.unable: N_("Cannot manage alone"),
        },
    ),
    EnumWords(
        ConsentPurpose,
        "consent_purpose",
        {
            ConsentPurpose.referral: N_("Referral to a charity"),
            ConsentPurpose.publicity: N_("Public notice"),
            ConsentPurpose.checking: N_("Checking circumstances"),
            ConsentPurpose.notifications: N_("Progress by SMS"),
        },
    ),
    EnumWords(
        ConsentGiver,
        "consent_giver",
        {
            ConsentGiver.self: N_("The person"),
            ConsentGiver.guardian: N_("The guardian"),
        },
    ),
    EnumWords(
        ConsentMethod,
        "consent_method",
        {
            ConsentMethod.paper: N_("Signed on paper"),
            ConsentMethod.fingerprint: N_("Fingerprint on paper"),
            ConsentMethod.spoken: N_("Spoken, with a witness"),
        },
    ),
    EnumWords(
        RevealPurpose,
        "reveal_purpose",
        {
            RevealPurpose.contact: N_("To contact the person"),
            RevealPurpose.visit: N_("To visit"),
            RevealPurpose.check: N_("To compare with documents"),
            RevealPurpose.correct: N_("To correct the file"),
        },
    ),
)

CODES: Mapping[str, Mapping[str, str]] = {
    "age_band": {
        "child": N_("Up to 17"),
        "adult": N_("18 to 59"),
        "older": N_("60 to 79"),
        "oldest": N_("80 and over"),
        "unknown": N_("Not stated"),
    },
}
