"""How things look to a client, by subject: codes as they are, persons masked, places named with their township."""
