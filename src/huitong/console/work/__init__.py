"""The pages on which people act: alerts, cases, measures, policies, users. Pure views, and the acts that they offer.

For whom: investigators, approvers, analysts, administrators. How: a view is a function from a book's state to markup; an act is a function
from a command and what was given to what was done, on the book whose rules no page can leave out. Where it fails: a page shows the
moment in which it was asked for.
"""
