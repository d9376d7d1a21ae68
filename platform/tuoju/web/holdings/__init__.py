"""Pages of what is held on a person: the copy, the request for erasure, and what waits to be erased."""
