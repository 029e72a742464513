"""Huitong (汇通): every decision can be replayed."""
