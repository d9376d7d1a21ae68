"""Figures for those who steer: what waits, what works, what was served."""
