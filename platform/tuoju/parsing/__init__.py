"""Files of others are opened in child processes with limits. Children import what is here, so it imports little."""
