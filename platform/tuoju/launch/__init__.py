"""The entry points and what they share: settings, bootstrap, command line, server, worker, demo."""
