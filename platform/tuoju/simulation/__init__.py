"""The demo city and the simulated month of a whole city, through the same verbs as real work."""
