"""Residents, accounts and what they agree to."""

from collections.abc import Mapping

from tuoju.accounts.directory import AccountState
from tuoju.accounts.fields import ConsentData
from tuoju.accounts.models import GrantKind, GrantState, Role, SessionKind, SessionStage
from tuoju.accounts.request_limits import Expense
from tuoju.readings.models import Budget
from tuoju.readings.purposes import ReadingPurpose
from tuoju.regions.models import RegionChangeKind, RegionLevel
from tuoju.residents.inputs import ConsentMethod, SettlementChoice
from tuoju.residents.models import (
    ConsentGiver,
    ConsentPurpose,
    DuplicateState,
    GuardianRelation,
    IdType,
    SelfCare,
    Sex,
)
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_

ENUMS = (
    EnumWords(
        SessionKind,
        "session_kind",
        {SessionKind.browser: N_("Browser"), SessionKind.api: N_("Program (API)")},
    ),
    EnumWords(
        SessionStage,
        "session_stage",
        {
            SessionStage.second_factor: N_("Waits for the second step"),
            SessionStage.set_up: N_("Sets up the second step"),
            SessionStage.complete: N_("Signed in"),
        },
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
        RegionChangeKind,
        "region_change",
        {
            RegionChangeKind.rename: N_("Renamed"),
            RegionChangeKind.move: N_("Moved"),
            RegionChangeKind.merge: N_("Merged"),
            RegionChangeKind.create: N_("Created"),
        },
    ),
    EnumWords(
        Role,
        "role",
        {
            Role.social_worker: N_("Social worker"),
            Role.society_chair: N_("Chair of the society"),
            Role.township_officer: N_("Township officer"),
            Role.charity_staff: N_("Charity staff"),
            Role.program_manager: N_("Program manager"),
            Role.administrator: N_("Administrator"),
        },
    ),
    EnumWords(
        AccountState,
        "account_state",
        {
            AccountState.active: N_("Can sign in"),
            AccountState.invited: N_("Invited"),
            AccountState.uninvited: N_("No invitation yet"),
            AccountState.stopped: N_("Stopped"),
        },
    ),
    EnumWords(
        GrantKind,
        "grant_kind",
        {
            GrantKind.administrator: N_("To be an administrator"),
            GrantKind.invitation: N_("New invitation of an administrator"),
        },
    ),
    EnumWords(
        GrantState,
        "grant_state",
        {
            GrantState.pending: N_("Waiting"),
            GrantState.confirmed: N_("Confirmed"),
            GrantState.refused: N_("Refused"),
            GrantState.expired: N_("Expired"),
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
        ConsentData,
        "consent_data",
        {
            ConsentData.service: N_("The need, the name and the age"),
            ConsentData.health: N_("Health, disability and self-care"),
            ConsentData.contact: N_("Telephone and address"),
        },
    ),
    EnumWords(
        GuardianRelation,
        "guardian_relation",
        {
            GuardianRelation.parent: N_("Mother or father"),
            GuardianRelation.grandparent: N_("Grandparent"),
            GuardianRelation.spouse: N_("Husband or wife"),
            GuardianRelation.child: N_("Adult child"),
            GuardianRelation.sibling: N_("Adult brother or sister"),
            GuardianRelation.other_relative: N_("Another relative"),
            GuardianRelation.village_committee: N_("The village committee"),
            GuardianRelation.other: N_("Someone else"),
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
        ReadingPurpose,
        "reading_purpose",
        {
            ReadingPurpose.contact: N_("To contact the person"),
            ReadingPurpose.visit: N_("To visit"),
            ReadingPurpose.check: N_("To compare with documents"),
            ReadingPurpose.correct: N_("To correct the file"),
            ReadingPurpose.assess: N_("To assess or decide the case"),
            ReadingPurpose.serve: N_("To serve, after accepting"),
            ReadingPurpose.print: N_("To print for signature or the paper file"),
            ReadingPurpose.report: N_("To report to the level above"),
            ReadingPurpose.supervise: N_("To supervise or audit"),
            ReadingPurpose.own_copy: N_("The person asks for a copy"),
            ReadingPurpose.next_of_kin: N_("Next of kin of a person who died"),
            ReadingPurpose.lawful_request: N_("A request that the law allows"),
            ReadingPurpose.other: N_("Another reason"),
        },
    ),
    EnumWords(
        Budget,
        "budget",
        {
            Budget.look_up: N_("looking up ID numbers"),
            Budget.reveal: N_("viewing people in full"),
            Budget.paper: N_("opening papers with full names"),
            Budget.export: N_("exporting people with full names"),
        },
    ),
    EnumWords(
        Expense,
        "expense",
        {
            Expense.search: N_("searches"),
            Expense.paper: N_("papers"),
            Expense.export: N_("exports"),
            Expense.upload: N_("uploads"),
            Expense.plan: N_("computations of plans"),
        },
    ),
    EnumWords(
        SettlementChoice,
        "settlement_choice",
        {
            SettlementChoice.lives_at_known: N_("One person, who lives where the earlier file is"),
            SettlementChoice.lives_at_held: N_("One person, who lives where the later file is"),
            SettlementChoice.other_person: N_("Two people: the number must be compared with the card"),
        },
    ),
    EnumWords(
        DuplicateState,
        "duplicate_state",
        {
            DuplicateState.open: N_("To decide"),
            DuplicateState.same_person: N_("One person"),
            DuplicateState.other_person: N_("Two people"),
            DuplicateState.number_changed: N_("Number corrected"),
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
