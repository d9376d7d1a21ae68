"""The matching core: which project suits a need, why, and why not.

Pure: profiles in, results out. It knows no database, no HTTP and no people; names and addresses never
reach it.
"""
