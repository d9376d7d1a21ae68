"""Names of the worker's tasks of plans, which the worker knows without the room of plans."""

COMPUTE = "tuoju.compute_plan"
COMPUTE_PART = "tuoju.compute_plan_part"
SEND = "tuoju.send_plan"
