"""Plans, and how projects are ranked."""

from tuoju.matchmaking.status import RankerState
from tuoju.plans.groups import Grouping, Remoteness
from tuoju.plans.status import LineState, NotSentReason, PlanStage, PlanState
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_
from tuoju_matching.features import Feature
from tuoju_matching.learned import Finding
from tuoju_matching.problem import Mode

ENUMS = (
    EnumWords(
        PlanState,
        "plan_state",
        {
            PlanState.computing: N_("Being computed"),
            PlanState.proposed: N_("Proposed"),
            PlanState.sending: N_("Being sent"),
            PlanState.approved: N_("Approved and sent"),
            PlanState.superseded: N_("Replaced by a newer one"),
            PlanState.discarded: N_("Discarded"),
            PlanState.failed: N_("Not computed"),
        },
    ),
    EnumWords(
        PlanStage,
        "plan_stage",
        {
            PlanStage.waiting: N_("Waiting for its turn"),
            PlanStage.reading: N_("Reading who waits and what is open"),
            PlanStage.solving: N_("Looking for the best plan"),
            PlanStage.joining: N_("Joining the counties"),
            PlanStage.comparing: N_("Comparing with other ways"),
            PlanStage.valuing: N_("Asking what one more place would bring"),
            PlanStage.writing: N_("Writing it down"),
            PlanStage.sending: N_("Sending the referrals"),
            PlanStage.done: N_("Done"),
        },
    ),
    EnumWords(
        LineState,
        "line_state",
        {
            LineState.placed: N_("Has a project"),
            LineState.without: N_("Without a project"),
            LineState.left_out: N_("Left out"),
            LineState.sent: N_("Sent"),
            LineState.waiting_for_consent: N_("Waiting for consent"),
            LineState.not_sent: N_("Could not be sent"),
        },
    ),
    EnumWords(
        NotSentReason,
        "not_sent_reason",
        {
            NotSentReason.need_answered: N_("The need is no longer open"),
            NotSentReason.no_place: N_("The last place was given meanwhile"),
            NotSentReason.project_closed: N_("The project takes nobody any more"),
            NotSentReason.not_eligible: N_("The project can no longer take this need"),
            NotSentReason.busy: N_("Others were changing the same; please refer by hand"),
        },
    ),
    EnumWords(
        Grouping,
        "grouping",
        {
            Grouping.county: N_("County"),
            Grouping.township: N_("Township"),
            Grouping.remoteness: N_("Town or village"),
            Grouping.hardship: N_("Category of hardship"),
            Grouping.sex: N_("Sex"),
            Grouping.age: N_("Age"),
        },
    ),
    EnumWords(
        Remoteness,
        "remoteness",
        {
            Remoteness.subdistrict: N_("Urban subdistrict"),
            Remoteness.community: N_("Community in a town"),
            Remoteness.village: N_("Rural village"),
        },
    ),
    EnumWords(
        RankerState,
        "ranker_state",
        {
            RankerState.not_adopted: N_("Not used"),
            RankerState.ready: N_("Ready, waits for a person"),
            RankerState.in_use: N_("In use"),
            RankerState.replaced: N_("Replaced by a better one"),
            RankerState.drifted: N_("Out of use: the world has changed"),
            RankerState.out_of_use: N_("Out of use"),
        },
    ),
    EnumWords(
        Finding,
        "ranker_finding",
        {
            Finding.better: N_(
                "On past referrals more needs would have been met than under the rules, and no group would lose."
            ),
            Finding.too_few: N_("Too few referrals have come to an end: the rules stay."),
            Finding.nothing_learned: N_("What was seen of a project did not tell who was helped: the rules stay."),
            Finding.not_better: N_("It could not be shown that more needs would have been met: the rules stay."),
            Finding.harms_group: N_("More needs would have been met, but a group would lose: the rules stay."),
        },
    ),
    EnumWords(
        Feature,
        "feature",
        {
            Feature.text: N_("Its description is like the need"),
            Feature.focus: N_("It is devoted to the service"),
            Feature.target_group: N_("It is meant for people like this"),
            Feature.nearness: N_("It serves this place"),
            Feature.places: N_("It has places left"),
            Feature.freshness: N_("Its places are up to date"),
            Feature.response: N_("It accepts, and quickly"),
            Feature.acceptance: N_("It accepts"),
            Feature.quickness: N_("It answers quickly"),
            Feature.success: N_("It met the needs it served"),
            Feature.experience: N_("It has answered often"),
            Feature.scarcity: N_("Its places are scarce"),
        },
    ),
    EnumWords(
        Mode,
        "plan_mode",
        {
            Mode.optimum: N_("Best for all, without bounds"),
            Mode.envy_free: N_("Nobody envies"),
            Mode.urgent_first: N_("Queue, the most urgent first"),
            Mode.first_come: N_("As today: first come"),
        },
        also={"this": N_("This plan")},
    ),
)
