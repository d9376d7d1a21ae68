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
            PlanState.superseded: N_("Replaced by a newer plan"),
            PlanState.discarded: N_("Discarded"),
            PlanState.failed: N_("Computation failed"),
        },
    ),
    EnumWords(
        PlanStage,
        "plan_stage",
        {
            PlanStage.waiting: N_("Waiting in the queue"),
            PlanStage.reading: N_("Reading open needs and places"),
            PlanStage.solving: N_("Looking for the best plan"),
            PlanStage.joining: N_("Combining the counties"),
            PlanStage.comparing: N_("Comparing with other methods"),
            PlanStage.valuing: N_("Computing the effect of one more place"),
            PlanStage.writing: N_("Saving"),
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
            NotSentReason.no_place: N_("The last place has been taken"),
            NotSentReason.project_closed: N_("The project no longer takes people"),
            NotSentReason.not_eligible: N_("The project can no longer take this need"),
            NotSentReason.busy: N_("Others were changing the same data: refer by hand"),
        },
    ),
    EnumWords(
        Grouping,
        "grouping",
        {
            Grouping.county: N_("County"),
            Grouping.township: N_("Township"),
            Grouping.remoteness: N_("Urban or rural"),
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
            RankerState.ready: N_("Ready, waiting for a decision"),
            RankerState.in_use: N_("In use"),
            RankerState.replaced: N_("Replaced by a better ranking"),
            RankerState.drifted: N_("Out of use: conditions have changed"),
            RankerState.out_of_use: N_("Out of use"),
        },
    ),
    EnumWords(
        Finding,
        "ranker_finding",
        {
            Finding.better: N_(
                "On past referrals, more needs would have been met than when ranked by rules, and no group would lose."
            ),
            Finding.too_few: N_("Too few referrals have ended: ranking by rules stays."),
            Finding.nothing_learned: N_("Project data did not show who was helped: ranking by rules stays."),
            Finding.not_better: N_("It could not be shown that more needs would be met: ranking by rules stays."),
            Finding.harms_group: N_("More needs would be met, but a group would lose: ranking by rules stays."),
        },
    ),
    EnumWords(
        Feature,
        "feature",
        {
            Feature.text: N_("Its description is like the need"),
            Feature.focus: N_("It specializes in the service"),
            Feature.target_group: N_("It is meant for people like this"),
            Feature.nearness: N_("It serves this region"),
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
            Mode.optimum: N_("Best overall, without limits"),
            Mode.best_fit: N_("Best total fit, even if fewer are helped"),
            Mode.envy_free: N_("Nobody would swap"),
            Mode.urgent_first: N_("Queue, most urgent first"),
            Mode.first_come: N_("Current practice: first come, first served"),
        },
        also={"this": N_("This plan")},
    ),
)
