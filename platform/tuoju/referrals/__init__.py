"""From a need to a served referral: the referral's life, its links, messages and outcomes."""
