"""Policies: rules, decision tables, lists, models and their combination into an explained decision.

For whom: the analyst who writes a policy folder, and the app that asks it about one event or about a quarter.
How: ``feel`` is the language of rules and cells, ``tables`` reads DMN files, ``policy`` makes one program of a folder, ``replay`` runs a
table of events through it, ``compare`` says what two versions differ in. Import from these; the room itself exports nothing.
Where it fails: whatever a folder cannot mean is refused when it is loaded, so what cannot be checked there is not in the language.
"""

import huitong.machine_code  # noqa: F401 - before any cached function is loaded

__all__: list[str] = []
