"""Life of a referral: sending, steps, links, messages, updates to the resident, satisfaction."""
