"""HTTP before the bank: a supervisor, and processes that take connections so that the bank's own process decides and nothing else.

For whom: whoever runs the service on more than one core, or wants it back by itself. How: the supervisor owns no state; it starts the
bank's process and the fronts, and starts again what ends. Fronts share the port. They read requests, hold slow callers and limits, and
hand whole requests under ``/v1`` to the bank over a Unix socket, all of one turn of the loop in one frame; whatever else comes (pages,
websockets, odd forms of HTTP) goes through byte by byte to the bank's own server. A request that was on its way when the bank's process
died is asked again: every one of them is the same act when it is sent twice. This room knows ``kernel`` only, so that a front is small and
there at once. Where it fails: there is one bank process; more cores for decisions need more banks.
"""
