"""The decision service over HTTP: decide, take in, look up, under ``/v1``.

For whom: the systems of an institution that ask for decisions, send events and labels, and look up what was decided. How: one ASGI
application; the way that every payment takes is a plain route with msgspec, the rest is FastAPI; what a bank can do comes in as the
``Service`` Protocol, who calls as a function from headers to an ``Actor``. Errors are RFC 9457 problem documents in Chinese and English.
Where it fails: it decides nothing itself; without users it serves callers on the same machine only.
"""

from huitong.api.application import application
from huitong.api.doors import Authenticate
from huitong.api.handed import FrontLinks
from huitong.api.service import Appended, Ingested, PolicyVersion, Search, SearchPage, Service

__all__ = [
    "Appended",
    "Authenticate",
    "FrontLinks",
    "Ingested",
    "PolicyVersion",
    "Search",
    "SearchPage",
    "Service",
    "application",
]
