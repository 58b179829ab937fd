"""The world's files, read and written; nothing here knows the database."""
