"""How it looks; knows no CRM word."""
