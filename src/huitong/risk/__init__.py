"""Risk control, one capability per folder: transactions so far."""
