"""The one table from errors to status and words, and what those words name."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm.exc import StaleDataError

from tuoju.accounts import errors as accounts
from tuoju.accounts.kept_answers import KeyReused
from tuoju.cases import errors as cases
from tuoju.database.scopes import RowOutOfScope
from tuoju.documents.errors import PaperNotFound
from tuoju.funding import errors as funding
from tuoju.holdings import errors as holdings
from tuoju.jobs import errors as jobs
from tuoju.matchmaking import errors as matchmaking
from tuoju.parsing.errors import FileNotParsed
from tuoju.plans import errors as plans
from tuoju.readings import errors as readings
from tuoju.referrals import errors as referrals
from tuoju.regions.loading import SpecialDayError
from tuoju.regions.queries import RegionNotFound
from tuoju.relief import errors as relief
from tuoju.reports import errors as reports
from tuoju.residents import errors as residents
from tuoju.visits import errors as visits
from tuoju.web.kit.api_guard import CrossSite
from tuoju.web.kit.body_limits import BodyTooLarge, BodyTooSlow
from tuoju.web.kit.bounds import UnkeepableText
from tuoju.web.kit.conditional_requests import PreconditionFailed, PreconditionRequired
from tuoju.web.kit.dependencies import FormTokenWrong, OwnPageNotOpened
from tuoju.web.kit.form_keys import FormKeyExpired, FormKeyMissing, FormKeyWrong
from tuoju.web.kit.pagination import BadCursor
from tuoju.web.kit.rate_limits import TooExpensive, TooManyOfAccount, TooManyRequests
from tuoju.words.formats import file_size, yuan
from tuoju.words.labels import label
from tuoju.words.languages import N_, gettext
from tuoju_projects import errors as projects


@dataclass(frozen=True)
class ErrorResponse:
    """The answer to an error: an HTTP status, and a sentence that says what happened and how to go on."""

    status: int
    sentence: str


NOT_FOUND = ErrorResponse(404, N_("Page not found, or you do not have access."))
_OVERTAKEN = ErrorResponse(409, N_("Someone else has just changed this. Check the latest version and try again."))

TABLE: Mapping[type[Exception], ErrorResponse] = {
    accounts.NotPermitted: ErrorResponse(403, N_("Your role does not allow this.")),
    accounts.WrongCredentials: ErrorResponse(
        401, N_("The user name or password is wrong. After 5 wrong attempts, wait 15 minutes.")
    ),
    accounts.WrongCode: ErrorResponse(
        401, N_("The code is wrong or has been used. After 5 wrong attempts, wait 15 minutes.")
    ),
    accounts.PasswordRefused: ErrorResponse(422, N_("This password cannot be used. Choose another.")),
    accounts.SecondFactorRequired: ErrorResponse(401, N_("Enter the code from your authenticator app as well.")),
    accounts.SecondFactorNotSetUp: ErrorResponse(
        403, N_("Your role needs a second step to sign in. Sign in on the website and set it up first.")
    ),
    accounts.LastSecondFactor: ErrorResponse(
        409, N_("Your role needs a second step to sign in. Set up another one before you remove this one.")
    ),
    accounts.PasskeyRefused: ErrorResponse(401, N_("This passkey did not work. Try again, or use your password.")),
    accounts.SignInTooOld: ErrorResponse(403, N_("Enter your password again first.")),
    accounts.SessionNotFound: NOT_FOUND,
    accounts.OutOfScope: NOT_FOUND,
    referrals.ContactChangeNotFound: NOT_FOUND,
    referrals.OwnContactChange: ErrorResponse(
        409, N_("You proposed this change, so another officer has to confirm it.")
    ),
    accounts.UserNotFound: NOT_FOUND,
    accounts.SubscriptionNotFound: NOT_FOUND,
    accounts.InvitationClosed: ErrorResponse(
        410, N_("This invitation no longer works. Ask the person who invited you for a new one.")
    ),
    accounts.ConfirmationClosed: ErrorResponse(
        410, N_("This link no longer works. Have a new one sent from the page where the address is entered.")
    ),
    accounts.GrantExceeded: ErrorResponse(
        403, N_("You can give only roles and regions that belong to your own account's region or organization.")
    ),
    accounts.RegionLevelWrong: ErrorResponse(422, N_("Accounts with this role do not work in regions of this level.")),
    accounts.OwnAccount: ErrorResponse(403, N_("You cannot do this to your own account. Ask another person.")),
    accounts.AccountStopped: ErrorResponse(409, N_("The account is stopped. Let the person sign in again first.")),
    accounts.OwnProposal: ErrorResponse(403, N_("Another administrator must confirm this, not you.")),
    accounts.ProposalNotFound: NOT_FOUND,
    accounts.ProposalClosed: ErrorResponse(
        409, N_("This is not possible: another proposal waits, or this one was answered or has expired.")
    ),
    accounts.LastAdministrator: ErrorResponse(
        409, N_("No other administrator is in charge of this region. Make another one first.")
    ),
    accounts.LastLeader: ErrorResponse(
        409, N_("The other staff of this organization would have no leader. Make another person leader first.")
    ),
    accounts.RecoveryNotNeeded: ErrorResponse(409, N_("Two administrators can do this on the pages.")),
    accounts.SamePerson: ErrorResponse(403, N_("Two different people are needed.")),
    accounts.UsernameTaken: ErrorResponse(409, N_("This user name is taken. Choose another.")),
    RowOutOfScope: NOT_FOUND,
    RegionNotFound: NOT_FOUND,
    SpecialDayError: ErrorResponse(422, N_("The content of the file is not valid.")),
    residents.ResidentNotFound: NOT_FOUND,
    residents.ConsentNotFound: NOT_FOUND,
    residents.OverrideNotFound: NOT_FOUND,
    residents.InvalidIdNumber: ErrorResponse(422, N_("This is not a valid resident ID number.")),
    residents.AlreadyRegistered: ErrorResponse(409, N_("This person already has a file.")),
    residents.LooksAlike: ErrorResponse(
        409, N_("Files in this village look like this person. Compare them, or confirm that this is someone else.")
    ),
    residents.DuplicateNotFound: NOT_FOUND,
    residents.DuplicateSettled: ErrorResponse(409, N_("This has already been decided.")),
    readings.PurposeMissing: ErrorResponse(
        422, N_("Choose what you need it for. For another reason, explain it in the note.")
    ),
    readings.BudgetSpent: ErrorResponse(
        429,
        N_(
            "You have reached today's limit of %(allowed)s: %(budget)s. If your work needs more today, ask %(ask)s. "
            "The count starts again tomorrow."
        ),
    ),
    readings.OwnBudget: ErrorResponse(403, N_("You cannot raise your own limit. Ask your supervisor.")),
    readings.ReaderNotFound: NOT_FOUND,
    readings.LimitNotAhead: ErrorResponse(422, N_("A limit can start tomorrow at the earliest.")),
    residents.GuardianRequired: ErrorResponse(422, N_("For a child under 14, the guardian must consent.")),
    residents.ChildNotAsked: ErrorResponse(
        422, N_("A child aged 14 to 17 must consent too. Ask the child first and record the answer.")
    ),
    residents.ConsentPaperNotFound: NOT_FOUND,
    residents.RelationMissing: ErrorResponse(422, N_("Say how the guardian is related to the person.")),
    residents.WitnessRequired: ErrorResponse(
        422, N_("A spoken consent needs a witness: another officer, or the name of someone who was there.")
    ),
    residents.ExpiryImpossible: ErrorResponse(
        422, N_("A consent can end today or later, and at the latest on the day that the policy allows.")
    ),
    residents.NothingShared: ErrorResponse(
        422, N_("A referral shares at least the need, the name and the age. Choose that too.")
    ),
    residents.ResidentErased: ErrorResponse(
        409, N_("The personal data of this person have been erased. Nothing can be added or viewed.")
    ),
    residents.ProcessingRestricted: ErrorResponse(
        409, N_("The person asked for erasure. Their data are stored only, and cannot be viewed or used.")
    ),
    residents.NoDataPolicy: ErrorResponse(
        409, N_("No policy says how long this lasts or is kept here. Ask the administrator.")
    ),
    residents.DuplicateDataPolicy: ErrorResponse(
        409, N_("A policy of this kind already starts on this date. Choose another date.")
    ),
    holdings.ErasureNotFound: NOT_FOUND,
    holdings.ErasureUnderWay: ErrorResponse(409, N_("An erasure of this person is already under way.")),
    holdings.ErasureBlocked: ErrorResponse(409, N_("The data cannot be erased yet. The page says why.")),
    holdings.IllegalErasureStep: ErrorResponse(409, N_("This step is not possible. The erasure is now: %(state)s.")),
    holdings.SecondPersonRequired: ErrorResponse(403, N_("A second person must decide this. Ask a colleague.")),
    holdings.ErasureReasonMissing: ErrorResponse(422, N_("Enter the reason.")),
    residents.AlreadyWithdrawn: ErrorResponse(409, N_("This consent has already been withdrawn.")),
    residents.AlreadyReviewed: ErrorResponse(409, N_("This has already been reviewed.")),
    residents.OwnOverride: ErrorResponse(403, N_("You cannot review your own emergency referral.")),
    cases.CaseNotFound: NOT_FOUND,
    cases.NeedNotFound: NOT_FOUND,
    cases.IllegalCaseStep: ErrorResponse(409, N_("This step is not possible. The case is now: %(state)s.")),
    cases.IllegalNeedStep: ErrorResponse(409, N_("This step is not possible. The need is now: %(state)s.")),
    cases.NoPolicy: ErrorResponse(409, N_("No policy for this scheme is in force here. Ask the administrator.")),
    cases.DuplicatePolicy: ErrorResponse(
        409, N_("A policy of this kind already starts on this date. Choose another date.")
    ),
    funding.DuplicateCallRule: ErrorResponse(
        409, N_("A policy of this kind already starts on this date. Choose another date.")
    ),
    funding.CallNotFound: NOT_FOUND,
    funding.QuestionNotFound: NOT_FOUND,
    funding.CallNumberTaken: ErrorResponse(409, N_("Another call has this number.")),
    funding.TopicMissing: ErrorResponse(422, N_("Choose at least one topic.")),
    funding.OpenTooShort: ErrorResponse(
        409, N_("By its rules this call is open for at least %(days)s days. Choose a later last day.")
    ),
    funding.NotLater: ErrorResponse(422, N_("Choose a day after the present last day and before the projects start.")),
    funding.SecondPersonNeeded: ErrorResponse(403, N_("You proposed this step, so another manager has to confirm it.")),
    funding.NothingProposed: ErrorResponse(409, N_("This step no longer waits for a second person.")),
    funding.CallClosed: ErrorResponse(409, N_("The call is not open any more.")),
    funding.ApplicationNotFound: NOT_FOUND,
    funding.TooManyApplications: ErrorResponse(
        409, N_("Your organization has as many applications to this call as its rules allow (%(allowed)s).")
    ),
    funding.MemberNotFound: NOT_FOUND,
    funding.AccountNotUsable: ErrorResponse(422, N_("No active account has this user name. Check it.")),
    funding.AlreadyMember: ErrorResponse(409, N_("This account does this in the call already.")),
    funding.OtherHat: ErrorResponse(
        409,
        N_(
            "This account has another part in the call, or works for an organization that applies to it. "
            "Nobody has two parts in one call: choose another account."
        ),
    ),
    funding.StaffWearsHat: ErrorResponse(
        409, N_("Somebody of your organization works on this call, so that it cannot apply to it.")
    ),
    funding.NotScreening: ErrorResponse(
        409, N_("Papers are checked after the call is closed and before its review starts.")
    ),
    funding.CheckIncomplete: ErrorResponse(
        409, N_("Answer every item with yes, or say that it does not apply. Then the application can go on.")
    ),
    funding.AskedOnce: ErrorResponse(409, N_("The applicant was asked once already. This is possible once.")),
    funding.CompletionOverdue: ErrorResponse(409, N_("The time to complete this application is over.")),
    funding.CompletionPending: ErrorResponse(
        409, N_("The applicant still has time to complete this application. Wait until it is over.")
    ),
    funding.NotAskedFor: ErrorResponse(409, N_("Only papers and sums that were asked for can be completed.")),
    funding.AskRaised: ErrorResponse(
        409, N_("The completed budget asks for more than the one that was submitted. Ask for as much or less.")
    ),
    funding.ReviewNotFound: NOT_FOUND,
    funding.ReviewClosed: ErrorResponse(409, N_("The call is not under review, so that reviews cannot be changed.")),
    funding.ReviewNotClosed: ErrorResponse(409, N_("Scores can be read after the review is closed.")),
    funding.TextNotOpen: ErrorResponse(409, N_("Declare your interests first. Then the application opens.")),
    funding.InterestFound: ErrorResponse(
        409, N_("A conflict of interest was declared here, or none was named. This review cannot be changed.")
    ),
    funding.PointsLocked: ErrorResponse(409, N_("Score the team after you have made the other points final.")),
    funding.ScoresNotFinal: ErrorResponse(
        422, N_("Points are missing, too high or without a reason. Check each criterion.")
    ),
    funding.ApplicationsWaiting: ErrorResponse(
        409, N_("The pre-check is not over, or no application has passed it. Finish it first.")
    ),
    funding.TooFewReviewers: ErrorResponse(409, N_("By its rules this call needs %(needed)s reviewers. Add some.")),
    funding.NobodyLeft: ErrorResponse(409, N_("Every reviewer was assigned this application already. Add a reviewer.")),
    funding.ReviewsMissing: ErrorResponse(
        409, N_("Reviews are missing for applications %(receipts)s. Wait, or replace who does not write theirs.")
    ),
    funding.PartsMissing: ErrorResponse(409, N_("Fill in the parts that are still missing, then submit.")),
    funding.BudgetNotAllowed: ErrorResponse(409, N_("The budget breaks a cap of the call. Change it, then submit.")),
    funding.CluesInBlindText: ErrorResponse(
        409, N_("Reviewers may recognize you. Change the text, or say that it may stay.")
    ),
    funding.QuestionAnswered: ErrorResponse(409, N_("This question has its answer already.")),
    cases.ProcedureNotDone: ErrorResponse(
        409, N_("The case cannot close before its investigation, decision and public notice are complete.")
    ),
    cases.NoInvestigation: ErrorResponse(
        409, N_("Record the visit first, with as many people as the policy requires.")
    ),
    cases.ChairDecides: ErrorResponse(
        403, N_("The chair of this society decides and confirms payments. Ask the chair.")
    ),
    cases.OwnInvestigation: ErrorResponse(
        403, N_("You investigated this case or gave the opinion, so somebody else must decide: %(who)s.")
    ),
    cases.CompanionNotAllowed: ErrorResponse(
        422, N_("Only officers of this region who are not relatives of the person can go on the visit.")
    ),
    cases.PublicNoticeRequiredFirst: ErrorResponse(
        409, N_("This policy requires the full public notice period before approval.")
    ),
    cases.ConflictOfInterest: ErrorResponse(
        403, N_("You are recorded as a relative of this person, so somebody else must work on this case: %(who)s.")
    ),
    cases.ReasonRequired: ErrorResponse(422, N_("Enter the reason.")),
    cases.ClockPaused: ErrorResponse(409, N_("This is not possible in the current state of the deadline.")),
    cases.GrantTooHigh: ErrorResponse(
        409, N_("The policy allows at most %(amount)s yuan for one payment. Enter less.")
    ),
    cases.AlertNotFound: NOT_FOUND,
    cases.DuplicateAlert: ErrorResponse(409, N_("This alert is already on the list.")),
    cases.AlertAlreadyAnswered: ErrorResponse(
        409, N_("Someone else has already handled this alert. Check the latest version.")
    ),
    cases.AttachmentNotFound: NOT_FOUND,
    cases.FileMissing: ErrorResponse(422, N_("Choose a photo or a PDF.")),
    cases.FileTooLarge: ErrorResponse(413, N_("The file is too large. The limit is 10 MB.")),
    cases.FileTypeRefused: ErrorResponse(422, N_("Only photos (JPEG, PNG, WebP) and PDF files are accepted.")),
    FileNotParsed: ErrorResponse(
        422,
        N_('"%(file)s" cannot be opened: it is damaged, or too much to open. Save it again or choose another file.'),
    ),
    relief.FundNotFound: ErrorResponse(404, N_("This society has not opened a fund yet.")),
    relief.PaymentNotFound: NOT_FOUND,
    relief.NotEnoughMoney: ErrorResponse(
        409, N_("This account holds %(amount)s yuan. Record the money that came in, or pay from another account.")
    ),
    relief.AboveGrant: ErrorResponse(409, N_("Of the amount granted, %(amount)s yuan are left. Enter that or less.")),
    relief.AboveYearlyCap: ErrorResponse(
        409, N_("In this year the policy allows %(amount)s yuan more for this person. Enter that or less.")
    ),
    relief.NotYetApproved: ErrorResponse(409, N_("You cannot pay before the decision, unless relief comes first.")),
    relief.SecondPersonNeeded: ErrorResponse(
        403, N_("You prepared this payment, so somebody else must confirm it: %(who)s.")
    ),
    relief.PaymentAnswered: ErrorResponse(409, N_("This payment has already been confirmed or cancelled.")),
    relief.PaymentFrozen: ErrorResponse(409, N_("You cannot pay while an objection is open.")),
    relief.NoticeNotFound: NOT_FOUND,
    relief.NoticeLeaks: ErrorResponse(422, N_("The remark contains something that must not be published.")),
    relief.ObjectionAnswered: ErrorResponse(409, N_("This objection has already been answered.")),
    relief.ReviewerWasInvolved: ErrorResponse(
        403, N_("You cannot answer an objection if you investigated, decided or paid. Ask the township.")
    ),
    relief.RecheckMissing: ErrorResponse(
        409, N_("Record the second visit first, with as many people as the policy requires.")
    ),
    relief.NoticePeriodOver: ErrorResponse(
        409, N_("This public notice has ended. Take the objection to the township.")
    ),
    relief.NotAllPaid: ErrorResponse(409, N_("Some of the relief granted has not been paid yet.")),
    cases.NeedsStillLive: ErrorResponse(409, N_("A need of this case is still open or in service.")),
    referrals.ReferralNotFound: NOT_FOUND,
    referrals.NoConsent: ErrorResponse(
        409, N_("The resident has not consented to sharing information with this organization.")
    ),
    referrals.AlreadyReferred: ErrorResponse(409, N_("This need has already been referred.")),
    referrals.NotEligible: ErrorResponse(409, N_('This project cannot take the need. See "Why not another project?".')),
    referrals.IllegalReferralStep: ErrorResponse(409, N_("This step is not possible. The referral is now: %(state)s.")),
    referrals.NotServing: ErrorResponse(
        409, N_("You see the name, telephone and address after you accept, unless the referral is withdrawn.")
    ),
    referrals.ReasonMissing: ErrorResponse(422, N_("Enter the reason.")),
    referrals.OutcomeMissing: ErrorResponse(422, N_("Choose the outcome.")),
    referrals.NoVisitYet: ErrorResponse(422, N_("Record a visit first. A met need must have at least one visit.")),
    referrals.FirstVisitImpossible: ErrorResponse(422, N_("The date is in the past or too far ahead.")),
    referrals.NothingWritten: ErrorResponse(422, N_("Write something first.")),
    matchmaking.RankerNotFound: NOT_FOUND,
    matchmaking.IllegalRankerStep: ErrorResponse(409, N_("This step is not possible. The ranking is now: %(state)s.")),
    referrals.UpdatePageClosed: ErrorResponse(410, N_("This page is closed. Ask your village social worker.")),
    referrals.ComplaintNotFound: NOT_FOUND,
    referrals.ComplaintAnswered: ErrorResponse(409, N_("This complaint is answered already.")),
    referrals.SentTwice: ErrorResponse(
        409, N_("The person has this service or this project already. Give the reason for a second one.")
    ),
    referrals.NothingToConfirm: ErrorResponse(409, N_("There is no reported help to confirm here.")),
    referrals.SpotChecksDrawn: ErrorResponse(409, N_("The spot checks of this month are drawn already.")),
    referrals.DrawTooEarly: ErrorResponse(409, N_("This month is not over yet.")),
    referrals.AlreadyRated: ErrorResponse(409, N_("Thank you. You have already given feedback.")),
    referrals.LinkClosed: ErrorResponse(410, N_("This link no longer works.")),
    reports.SummaryNotFound: NOT_FOUND,
    reports.FileIncomplete: ErrorResponse(
        409, N_("The file is not complete. The case cannot close while documents are marked as missing.")
    ),
    reports.PapersToFile: ErrorResponse(
        422, N_("Some documents are not filed yet. Explain why the case closes without them.")
    ),
    reports.MonthNotOver: ErrorResponse(409, N_("This month is not over yet.")),
    reports.NotASociety: ErrorResponse(409, N_("There is no society here, so no summary is due.")),
    reports.SummaryAwaitsAnswer: ErrorResponse(
        409, N_("The summary of this month is submitted and waits for an answer.")
    ),
    reports.SummaryAnswered: ErrorResponse(
        409, N_("This step is not possible in the current state of the monthly summary. Check the latest version.")
    ),
    reports.CorrectionReasonMissing: ErrorResponse(422, N_("Enter the reason for the correction.")),
    reports.NothingToCorrect: ErrorResponse(
        409, N_("A new count gives the same numbers. There is nothing to correct.")
    ),
    reports.SecondSignatureNeeded: ErrorResponse(
        403, N_("You cannot sign a summary that you filled in. Ask a colleague.")
    ),
    PaperNotFound: NOT_FOUND,
    jobs.JobNotFound: NOT_FOUND,
    jobs.IllegalJobStep: ErrorResponse(409, N_("This step is not possible. The import or export is now: %(state)s.")),
    jobs.FileExpired: ErrorResponse(410, N_("The file is no longer kept. Start the export again.")),
    jobs.TooManyJobs: ErrorResponse(
        409, N_("Several of your imports or exports are still in progress. Wait until one of them has finished.")
    ),
    plans.PlanNotFound: NOT_FOUND,
    plans.PlanUnderWay: ErrorResponse(
        409, N_("A plan for this region is being computed or sent. Wait until it is done.")
    ),
    plans.NotPlannable: ErrorResponse(422, N_("You can make a plan only for a county or a city.")),
    plans.IllegalPlanStep: ErrorResponse(409, N_("This step is not possible. The plan is now: %(state)s.")),
    plans.PlanChanged: _OVERTAKEN,
    plans.InvalidTrial: ErrorResponse(422, N_("This cannot be tried. Choose an open project and a valid value.")),
    plans.RankingChanged: ErrorResponse(
        409, N_("The ranking of projects has changed since this plan was computed. Repair the plan first.")
    ),
    plans.NotAnOption: ErrorResponse(409, N_("The need is no longer open, or this project cannot take it.")),
    plans.NoFeasiblePlan: ErrorResponse(
        409, N_("All places of this project are already assigned by hand, or the groups cannot be kept balanced.")
    ),
    plans.IllegalLineStep: ErrorResponse(409, N_("This step is not possible. The line is now: %(state)s.")),
    visits.VisitNotFound: NOT_FOUND,
    visits.NotInService: ErrorResponse(409, N_("You can record visits only while the referral is in service.")),
    visits.ServedOnImpossible: ErrorResponse(
        422, N_("The date of the visit must be between the acceptance and today.")
    ),
    visits.VisitThatDay: ErrorResponse(
        409, N_("A visit of this day is recorded already. Say that this was another visit, or leave it.")
    ),
    visits.MinutesImpossible: ErrorResponse(422, N_("The visits of this day would last longer than the day.")),
    visits.NobodyServed: ErrorResponse(422, N_("Choose who was served.")),
    visits.AlreadyInError: ErrorResponse(409, N_("This visit has already been marked as an error.")),
    projects.ProjectNotFound: NOT_FOUND,
    projects.OrganizationNotFound: NOT_FOUND,
    projects.NoPlaceLeft: ErrorResponse(409, N_("The last place has just been taken. Choose another project.")),
    projects.IllegalStep: ErrorResponse(409, N_("This step is not possible now.")),
    projects.ProjectNotOpen: ErrorResponse(409, N_("The project is not open.")),
    projects.OutsideIntake: ErrorResponse(409, N_("The project does not take people on this date.")),
    projects.PlaceAlreadyHeld: ErrorResponse(409, N_("This referral already holds a place.")),
    projects.PlaceNotHeld: ErrorResponse(409, N_("This referral does not hold a place.")),
    projects.PlacesBelowTaken: ErrorResponse(422, N_("The number of places cannot be lower than the places taken.")),
    projects.PlacesAlreadyPublished: ErrorResponse(409, N_("The places are already published. Correct them instead.")),
    projects.IllegalProjectStep: ErrorResponse(409, N_("This step is not possible. The project is now: %(state)s.")),
    projects.ProjectNameTaken: ErrorResponse(409, N_("The organization already has a project with this name.")),
    projects.OrganizationNameTaken: ErrorResponse(409, N_("Another organization has this name.")),
    projects.UsccTaken: ErrorResponse(409, N_("Another organization has this unified social credit code.")),
    StaleDataError: _OVERTAKEN,
    CrossSite: ErrorResponse(403, N_("This request came from another site.")),
    BodyTooLarge: ErrorResponse(413, N_("This is too large to send. The limit here is %(limit)s.")),
    BodyTooSlow: ErrorResponse(408, N_("The connection is too slow, so nothing was received. Try again.")),
    UnkeepableText: ErrorResponse(422, N_("The text contains a character that cannot be saved.")),
    BadCursor: ErrorResponse(422, N_("This cursor does not belong to this list. Start at the first page.")),
    KeyReused: ErrorResponse(422, N_("This idempotency key was already used for another request.")),
    PreconditionFailed: ErrorResponse(
        412, N_("Someone else has just changed this. Check the latest version and try again.")
    ),
    PreconditionRequired: ErrorResponse(428, N_("State the version you have seen in If-Match.")),
    TooManyRequests: ErrorResponse(429, N_("Too many attempts from this address. Wait a minute and try again.")),
    TooManyOfAccount: ErrorResponse(
        429, N_("You have sent too many requests within a minute. Wait a moment and try again.")
    ),
    TooExpensive: ErrorResponse(
        429, N_("There were too many %(expense)s within a minute. Wait a moment and try again.")
    ),
    OwnPageNotOpened: ErrorResponse(
        410, N_("This page was open for too long. Open the link in your message again, or scan the code again.")
    ),
    FormKeyMissing: ErrorResponse(
        409, N_("This form is from before an update, so nothing was saved yet. Check it and save it again.")
    ),
    FormKeyWrong: ErrorResponse(
        409, N_("This form was opened by somebody else, so nothing was saved. Check it and save it again.")
    ),
    FormKeyExpired: ErrorResponse(
        409,
        N_(
            "This form was opened more than 30 days ago, so nothing was saved now. Look whether it was saved then. "
            "If not, save it again."
        ),
    ),
    FormTokenWrong: ErrorResponse(403, N_("This page was open for too long. Reload it and try again.")),
}

PAGE_WORDS: Mapping[type[Exception], str] = {
    KeyReused: N_(
        "This form was already sent and saved. What is typed here now is something else, so it was not saved. "
        "To save it as well, save it again."
    ),
}
"""What is said at a form where the API has other words."""

FIELDS: Mapping[type[Exception], str] = {
    accounts.UsernameTaken: "username",
    accounts.GrantExceeded: "region_code",
    accounts.RegionLevelWrong: "region_code",
    cases.GrantTooHigh: "granted_yuan",
    cases.CompanionNotAllowed: "companions",
    cases.NoInvestigation: "companions",
    cases.DuplicatePolicy: "valid_from",
    cases.ReasonRequired: "reason",
    cases.NoPolicy: "scheme",
    cases.FileMissing: "files",
    cases.FileTooLarge: "files",
    cases.FileTypeRefused: "files",
    FileNotParsed: "files",
    relief.NotEnoughMoney: "account_id",
    relief.AboveGrant: "amount_yuan",
    relief.AboveYearlyCap: "amount_yuan",
    relief.NoticeLeaks: "remark",
    readings.PurposeMissing: "purpose",
    readings.LimitNotAhead: "valid_from",
    residents.InvalidIdNumber: "id_number",
    residents.GuardianRequired: "given_by",
    residents.RelationMissing: "guardian_relation",
    residents.WitnessRequired: "witness_name",
    residents.NothingShared: "data",
    residents.DuplicateDataPolicy: "valid_from",
    holdings.ErasureReasonMissing: "reason",
    funding.CallNumberTaken: "number",
    funding.NotLater: "closes_on",
    funding.AccountNotUsable: "username",
    funding.AlreadyMember: "username",
    funding.OtherHat: "username",
    referrals.ReasonMissing: "reason",
    referrals.SentTwice: "repeat_reason",
    referrals.OutcomeMissing: "outcome",
    referrals.FirstVisitImpossible: "first_visit_on",
    referrals.NothingWritten: "text",
    reports.CorrectionReasonMissing: "reason",
    visits.ServedOnImpossible: "served_on",
    visits.NobodyServed: "served",
    visits.MinutesImpossible: "minutes",
    visits.VisitThatDay: "again",
    projects.PlacesBelowTaken: "places_total",
    projects.ProjectNameTaken: "name",
    projects.OrganizationNameTaken: "name",
    projects.UsccTaken: "uscc",
}
"""The field that an error is about, where there is one."""

_AMOUNTS: Mapping[type[Exception], str] = {
    cases.GrantTooHigh: "cap_fen",
    relief.NotEnoughMoney: "balance_fen",
    relief.AboveGrant: "left_fen",
    relief.AboveYearlyCap: "left_fen",
}
"""Errors whose sentence names an amount, and where they carry it."""

_STATE_KINDS: Mapping[type[Exception], str] = {
    cases.IllegalCaseStep: "case_state",
    cases.IllegalNeedStep: "need_state",
    referrals.IllegalReferralStep: "referral_state",
    matchmaking.IllegalRankerStep: "ranker_state",
    jobs.IllegalJobStep: "job_state",
    plans.IllegalPlanStep: "plan_state",
    holdings.IllegalErasureStep: "erasure_state",
    plans.IllegalLineStep: "line_state",
    projects.IllegalProjectStep: "project_state",
}
"""Errors whose sentence names the present state, and the kind of words that it has."""


def sentence_of(error: Exception) -> str:
    """What the table says of an error, in the language of the request."""
    sentence, values = gettext(TABLE[type(error)].sentence), values_of(error)
    return sentence % values if values else sentence


def values_of(error: Exception) -> Mapping[str, str] | None:
    """What the sentence of an error names: the present state, an amount, who may instead, or the budget that is spent
    and whom to ask."""
    if isinstance(error, readings.BudgetSpent):
        ask = gettext(", ").join(error.ask) or gettext("your administrator")
        return {"allowed": str(error.allowed), "budget": label("budget", error.budget), "ask": ask}
    if isinstance(error, cases.ForOthers | relief.SecondPersonNeeded):
        return {"who": gettext(", ").join(error.who) or gettext("ask the township for an officer")}
    if type(error) in _AMOUNTS:
        return {"amount": yuan(getattr(error, _AMOUNTS[type(error)]))}
    if isinstance(error, funding.OpenTooShort):
        return {"days": str(error.days)}
    if isinstance(error, funding.TooFewReviewers):
        return {"needed": str(error.needed)}
    if isinstance(error, funding.ReviewsMissing):
        return {"receipts": gettext(", ").join(f"{receipt:03d}" for receipt in error.receipts)}
    if isinstance(error, funding.TooManyApplications):
        return {"allowed": str(error.allowed)}
    if isinstance(error, FileNotParsed):
        return {"file": error.file_name}
    if isinstance(error, TooExpensive):
        return {"expense": label("expense", error.expense)}
    if isinstance(error, BodyTooLarge):
        return {"limit": file_size(error.limit)}
    kind_of_state = _STATE_KINDS.get(type(error))
    return {"state": label(kind_of_state, getattr(error, "state", ""))} if kind_of_state else None
