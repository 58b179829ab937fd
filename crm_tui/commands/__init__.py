"""The words: one catalogue of commands, its language, its keys."""
