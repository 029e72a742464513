"""What people do, over HTTP: roll-outs, measures, alerts and cases.

For whom: an institution's own pages and systems that act for its people. How: each act is declared once (``ActRoute``) and is thin over
the book that knows the rules; an ``Idempotency-Key`` names it, so that it is carried out once. Where it fails: what a rule of the book
refuses is refused here in the same words.
"""

from huitong.api.work.port import WorkService
from huitong.api.work.routes import work_routes

__all__ = ["WorkService", "work_routes"]
