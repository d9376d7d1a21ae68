"""Engine, unit of work and the base every table of the platform stands on."""
