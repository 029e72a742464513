"""Sealed ranges of the log: Parquet files, each known by the hash of its content, that any program of data can read.

The key: a sealed range is immutable, so where a record is read from is decided by one row of the storage, the segment's list of files,
written in the transaction that deletes the rows. Events that come back byte for byte from the columns of their contract are kept as
columns; everything else, and every decision, as its canonical bytes. The index of ids stays in the storage, so that an id that was sealed
is still taken.
"""
