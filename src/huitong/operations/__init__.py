"""The work of people: alerts and cases."""
