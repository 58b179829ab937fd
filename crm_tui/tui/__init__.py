"""Where one is: the Textual application, its screens, widgets and the wire."""
