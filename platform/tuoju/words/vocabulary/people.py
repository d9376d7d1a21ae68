"""Residents, accounts and what they agree to."""

from collections.abc import Mapping

from tuoju.words.languages import N_

ENUMS: Mapping[str, Mapping[str, str]] = {
    "role": {
        "social_worker": N_("Social worker"),
        "township_officer": N_("Township officer"),
        "charity_staff": N_("Charity staff"),
        "program_manager": N_("Program manager"),
        "administrator": N_("Administrator"),
    },
    "sex_word": {"male": N_("Male"), "female": N_("Female"), "unknown": N_("Not stated")},
    "id_type": {
        "resident_id": N_("Resident ID card"),
        "residence_permit": N_("Residence permit"),
        "hmt_residence_permit": N_("Residence permit for Hong Kong, Macao and Taiwan"),
        "passport": N_("Passport"),
        "none": N_("No document"),
    },
    "self_care_word": {
        "not_assessed": N_("Not assessed yet"),
        "able": N_("Manages alone"),
        "partly_unable": N_("Needs some help"),
        "unable": N_("Can not manage alone"),
    },
    "consent_purpose": {
        "referral": N_("Referral to a charity"),
        "publicity": N_("Public notice"),
        "checking": N_("Checking of circumstances"),
        "news": N_("News by SMS"),
    },
    "consent_giver": {"self": N_("The person"), "guardian": N_("The guardian")},
    "consent_method": {
        "paper": N_("Signed on paper"),
        "fingerprint": N_("Fingerprint on paper"),
        "spoken": N_("Spoken, before a witness"),
    },
    "reveal_purpose": {
        "contact": N_("To contact the person"),
        "visit": N_("To visit"),
        "check": N_("To compare with documents"),
        "correct": N_("To correct the file"),
    },
    "age_band": {
        "child": N_("Up to 17"),
        "adult": N_("18 to 59"),
        "older": N_("60 to 79"),
        "oldest": N_("80 and above"),
        "unknown": N_("Not stated"),
    },
}
