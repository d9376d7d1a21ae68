"""Who may do what, where: users, roles, sessions, permissions and the audit chain."""
