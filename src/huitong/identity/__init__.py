"""Who calls, what they may do and see, and the record of it: users, roles, sessions, API keys, OpenID, data grades, the access log.

For whom: whatever serves people or systems (console, API, command line), and whoever has to answer who saw what. How: a book over the
log (``AccessBook``); ``AccessDesk.authenticate`` is the one seam for the web layer, ``AccessOffice`` takes an administrator's orders, and
``shown_event`` and ``shown_decision`` hide what is above a reader's grade. Where it fails: whoever has the bank's folder and its master
key needs no password; a person with an account of the bank's own and one at the OpenID provider counts as two.
"""

from huitong.identity.book import AccessBook
from huitong.identity.codes import NamedReason, reason_named_in
from huitong.identity.desk import AccessDesk, SignedIn, this_machine
from huitong.identity.errors import HTTP_STATUS_OF
from huitong.identity.grades import (
    GRADE_PERSONAL,
    GRADE_UNKNOWN,
    DecisionGrades,
    FieldGrades,
    Hidden,
    ShownChange,
    ShownDecision,
    ShownEdge,
    ShownEvent,
    ShownListHit,
    ShownMeasure,
    ShownRule,
    Veiled,
    searchable,
    shown_decision,
    shown_event,
    veiled,
)
from huitong.identity.office import AccessOffice, Listed, Ordered
from huitong.identity.outside import Outside
from huitong.identity.passwords import Hardness
from huitong.identity.purposes import (
    PURPOSE_KINDS,
    PURPOSE_TITLES,
    ROLES_OF_ALL,
    ROLES_WHO_READ,
    ROLES_WHO_REPLAY,
    Clearance,
    Purpose,
    clearance_of,
)
from huitong.identity.rate import RateLimit, RateLimiter
from huitong.identity.reading import ABOUT_ROLES, Reading
from huitong.identity.registry import AccessSettings, Registry
from huitong.identity.shipped import access_contracts
from huitong.identity.signed import Signed
from huitong.identity.state import PERSON_ROLES, SCOPES, SESSION_LIFE_MAX_US, ApiKey, Asked, Directory, Scope, Session, User
from huitong.identity.telling import told_decision, told_event
from huitong.identity.web import (
    CSRF_FIELD,
    CSRF_HEADER,
    Cookie,
    Credentials,
    credentials_of,
    openid_cookie,
    security_headers,
    session_cookie,
)

__all__ = [
    "ABOUT_ROLES",
    "CSRF_FIELD",
    "CSRF_HEADER",
    "GRADE_PERSONAL",
    "GRADE_UNKNOWN",
    "HTTP_STATUS_OF",
    "PERSON_ROLES",
    "PURPOSE_KINDS",
    "PURPOSE_TITLES",
    "ROLES_OF_ALL",
    "ROLES_WHO_READ",
    "ROLES_WHO_REPLAY",
    "SCOPES",
    "SESSION_LIFE_MAX_US",
    "AccessBook",
    "AccessDesk",
    "AccessOffice",
    "AccessSettings",
    "ApiKey",
    "Asked",
    "Clearance",
    "Cookie",
    "Credentials",
    "DecisionGrades",
    "Directory",
    "FieldGrades",
    "Hardness",
    "Hidden",
    "Listed",
    "NamedReason",
    "Ordered",
    "Outside",
    "Purpose",
    "RateLimit",
    "RateLimiter",
    "Reading",
    "Registry",
    "Scope",
    "Session",
    "ShownChange",
    "ShownDecision",
    "ShownEdge",
    "ShownEvent",
    "ShownListHit",
    "ShownMeasure",
    "ShownRule",
    "Signed",
    "SignedIn",
    "User",
    "Veiled",
    "access_contracts",
    "clearance_of",
    "credentials_of",
    "openid_cookie",
    "reason_named_in",
    "searchable",
    "security_headers",
    "session_cookie",
    "shown_decision",
    "shown_event",
    "this_machine",
    "told_decision",
    "told_event",
    "veiled",
]
