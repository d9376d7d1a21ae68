"""The commands of `tuoju`, one module each; `cli` imports a module when its command runs."""
