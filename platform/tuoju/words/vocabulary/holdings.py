"""How long consents last and records are kept, and the erasure of personal data."""

from collections.abc import Mapping

from tuoju.holdings.status import Erasable, EraseBlock, ErasureGround, ErasureState, ErasureVerb
from tuoju.residents.data_policies import DataKind, Milestone
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_

ENUMS = (
    EnumWords(
        DataKind,
        "data_kind",
        {
            DataKind.consent_referral: N_("Consent to a referral"),
            DataKind.consent_publicity: N_("Consent to a public notice"),
            DataKind.consent_checking: N_("Consent to checking circumstances"),
            DataKind.consent_notifications: N_("Consent to SMS"),
            DataKind.case_file: N_("File of a case"),
            DataKind.payment_voucher: N_("Vouchers of payments"),
            DataKind.sharing_record: N_("Records of sharing with organizations"),
            DataKind.consent_record: N_("Proof of consents that have ended"),
            DataKind.unused_file: N_("File of a person without a case"),
            DataKind.dismissed_alert: N_("Alerts that became no case"),
            DataKind.message_address: N_("Telephone numbers of sent messages"),
            DataKind.draft: N_("Drafts of forms"),
            DataKind.import_report: N_("Reports of imports, with the rows not imported"),
        },
    ),
    EnumWords(
        Milestone,
        "milestone",
        {
            Milestone.consent_given: N_("from the consent"),
            Milestone.case_closed: N_("from the end of the case"),
            Milestone.payment_made: N_("from the payment"),
            Milestone.referral_ended: N_("from the end of the referral"),
            Milestone.consent_ended: N_("from the end of the consent"),
            Milestone.file_opened: N_("from the opening of the file"),
            Milestone.alert_answered: N_("from the answer to the alert"),
            Milestone.message_written: N_("from the message"),
            Milestone.draft_saved: N_("from the last change of the draft"),
            Milestone.import_ended: N_("from the end of the import"),
        },
    ),
    EnumWords(
        Erasable,
        "erasable",
        {
            Erasable.person: N_("All that names one person"),
            Erasable.dismissed_alert: N_("Alerts that became no case"),
            Erasable.message_address: N_("Telephone numbers of sent messages"),
            Erasable.draft: N_("Drafts of forms"),
            Erasable.import_report: N_("Reports of imports, with the rows not imported"),
        },
    ),
    EnumWords(
        ErasureGround,
        "erasure_ground",
        {
            ErasureGround.request: N_("The person asked for it"),
            ErasureGround.retention: N_("The retention period is over"),
        },
    ),
    EnumWords(
        ErasureState,
        "erasure_state",
        {
            ErasureState.proposed: N_("Waits for the first person"),
            ErasureState.restricted: N_("Restricted: stored only"),
            ErasureState.confirmed: N_("Waits for the second person"),
            ErasureState.done: N_("Erased"),
            ErasureState.kept: N_("Kept"),
        },
    ),
    EnumWords(
        ErasureVerb,
        "erasure_verb",
        {
            ErasureVerb.confirm: N_("Confirm as the first person"),
            ErasureVerb.approve: N_("Approve and erase"),
            ErasureVerb.release: N_("Check again"),
            ErasureVerb.keep: N_("Keep the data"),
        },
    ),
    EnumWords(
        EraseBlock,
        "erase_block",
        {
            EraseBlock.open_case: N_("a case is still open"),
            EraseBlock.live_referral: N_("a referral is still under way"),
            EraseBlock.payment_kept: N_("the law requires the vouchers of payments to be kept"),
            EraseBlock.other_duty: N_("another duty under the law is not yet done"),
        },
    ),
)

CODES: Mapping[str, Mapping[str, str]] = {
    "held_table": {
        "resident": N_("Who you are: name, number, telephone, address, circumstances"),
        "household": N_("Your household"),
        "consent": N_("Your consents"),
        "consent_paper": N_("Papers of your consents"),
        "emergency_override": N_("Emergency referrals without consent"),
        "assistance_case": N_("Your cases"),
        "alert": N_("Alerts from other offices"),
        "case_step": N_("Steps of your cases"),
        "case_pause": N_("Pauses of your cases"),
        "case_conflict": N_("Officers who take no part because they are relatives"),
        "investigation": N_("Household visits"),
        "attachment": N_("Documents and photos"),
        "need": N_("Your needs"),
        "match": N_("Proposals of the program"),
        "need_vector": N_("What your needs mean, in numbers that only the program reads"),
        "gap": N_("Needs that no project could meet"),
        "plan_line": N_("Lines of plans"),
        "referral": N_("Referrals"),
        "referral_event": N_("Steps of referrals"),
        "referral_link": N_("Links by which organizations answered"),
        "referral_message": N_("Messages between officer and organization"),
        "complaint": N_("Complaints and their answers"),
        "spot_check": N_("Services drawn for spot checks"),
        "outcome_check": N_("Call-backs and spot checks"),
        "resident_update": N_("What you were told"),
        "place_entry": N_("Places taken and given back"),
        "service_visit": N_("Visits to you"),
        "visit_attendance": N_("Visits at which you were served"),
        "service_visit:attended": N_("Visits to others at which you were served"),
        "public_notice": N_("Public notices"),
        "objection": N_("Objections to public notices"),
        "relief_payment": N_("Payments and goods"),
        "fund_entry": N_("Entries in the ledger of the fund"),
        "posting": N_("Postings of these entries"),
        "notification": N_("SMS to you"),
        "notification_event": N_("How the SMS were delivered"),
        "erasure": N_("Requests for erasure"),
        "audit_entry": N_("Who did and read what, and when"),
        "reading_note": N_("What readers wrote about their purpose"),
    },
}
"""What each declared table holds, in words for the person; the key is Held.name."""
