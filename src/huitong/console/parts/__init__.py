"""Building blocks of pages: pure functions from values to markup, and the few that carry an act."""
