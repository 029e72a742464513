"""Policies: rules, decision tables, lists, models and their combination into an explained decision."""
