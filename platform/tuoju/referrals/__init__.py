"""From a need to a served referral: matchmaking, the referral's life, outcomes and gaps."""
