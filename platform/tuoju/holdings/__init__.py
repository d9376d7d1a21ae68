"""What is held on one person: every table declared, exported, kept as long as the rules say, and erased."""
