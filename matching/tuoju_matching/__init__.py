"""The matching core: which projects suit a need, why, and why not.

Pure functions from profiles to results: no database, no HTTP, and no names or addresses of people.
"""
