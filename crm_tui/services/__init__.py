"""What one can do: a function per verb; permission, one transaction, a journal entry, an Outcome."""
