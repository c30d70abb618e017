"""What a run tells people: its report, and the alert when a morning has no publication."""
