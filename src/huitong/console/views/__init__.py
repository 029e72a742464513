"""What the pages of records show, as pure functions from values to markup: overview, decisions, one decision, the log, the system."""
