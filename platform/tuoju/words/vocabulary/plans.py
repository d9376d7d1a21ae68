"""Plans, and how projects are ranked."""

from collections.abc import Mapping

from tuoju.words.languages import N_

ENUMS: Mapping[str, Mapping[str, str]] = {
    "plan_state": {
        "computing": N_("Being computed"),
        "proposed": N_("Proposed"),
        "sending": N_("Being sent"),
        "approved": N_("Approved and sent"),
        "superseded": N_("Replaced by a newer one"),
        "discarded": N_("Discarded"),
        "failed": N_("Not computed"),
    },
    "plan_stage": {
        "waiting": N_("Waiting for its turn"),
        "reading": N_("Reading who waits and what is open"),
        "solving": N_("Looking for the best plan"),
        "joining": N_("Joining the counties"),
        "comparing": N_("Comparing with other ways"),
        "valuing": N_("Asking what one more place would bring"),
        "writing": N_("Writing it down"),
        "sending": N_("Sending the referrals"),
        "done": N_("Done"),
    },
    "line_state": {
        "placed": N_("Has a project"),
        "without": N_("Without a project"),
        "left_out": N_("Left out"),
        "sent": N_("Sent"),
        "waiting_for_consent": N_("Waiting for consent"),
        "not_sent": N_("Could not be sent"),
    },
    "held_back": {
        "need_answered": N_("The need is no longer open"),
        "no_place": N_("The last place was given meanwhile"),
        "project_closed": N_("The project takes nobody any more"),
        "not_eligible": N_("The project can no longer take this need"),
        "busy": N_("Others were changing the same; please refer by hand"),
    },
    "grouping": {
        "county": N_("County"),
        "township": N_("Township"),
        "remoteness": N_("Town or village"),
        "hardship": N_("Category of hardship"),
        "sex": N_("Sex"),
        "age": N_("Age"),
    },
    "remoteness": {
        "subdistrict": N_("Urban subdistrict"),
        "community": N_("Community in a town"),
        "village": N_("Rural village"),
    },
    "ranker_state": {
        "not_adopted": N_("Not used"),
        "ready": N_("Ready, waits for a person"),
        "in_use": N_("In use"),
        "replaced": N_("Replaced by a better one"),
        "drifted": N_("Out of use: the world has changed"),
        "out_of_use": N_("Out of use"),
    },
    "ranker_finding": {
        "better": N_("On past referrals more needs would have been met than under the rules, and no group would lose."),
        "too_few": N_("Too few referrals have come to an end: the rules stay."),
        "nothing_learned": N_("What was seen of a project did not tell who was helped: the rules stay."),
        "not_better": N_("It could not be shown that more needs would have been met: the rules stay."),
        "harms_group": N_("More needs would have been met, but a group would lose: the rules stay."),
    },
    "feature": {
        "text": N_("Its description is like the need"),
        "focus": N_("It is devoted to the service"),
        "target_group": N_("It is meant for people like this"),
        "nearness": N_("It serves this place"),
        "places": N_("It has places left"),
        "freshness": N_("Its places are up to date"),
        "response": N_("It accepts, and quickly"),
        "acceptance": N_("It accepts"),
        "quickness": N_("It answers quickly"),
        "success": N_("It met the needs it served"),
        "experience": N_("It has answered often"),
        "scarcity": N_("Its places are scarce"),
    },
    "plan_mode": {
        "this": N_("This plan"),
        "optimum": N_("Best for all, without bounds"),
        "envy_free": N_("Nobody envies"),
        "urgent_first": N_("Queue, the most urgent first"),
        "first_come": N_("As today: first come"),
    },
}
