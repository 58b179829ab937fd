"""The wire: what must be true of the terminal before and below Textual."""
