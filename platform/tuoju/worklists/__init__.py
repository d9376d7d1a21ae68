"""What waits for whom: the steps that are next, in the order of their days, for the person who has to take them."""
