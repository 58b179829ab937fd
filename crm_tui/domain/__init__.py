"""What the business is: pure rules and data; no clock, no I/O, no SQL, no screen."""
