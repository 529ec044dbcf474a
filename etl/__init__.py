"""From files as agencies send them to immutable builds."""
