"""crm-tui: a keyboard-driven CRM in the terminal."""

__version__ = "0.1.0"
