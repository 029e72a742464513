"""What the grounds of measures are called: those that the policy's own stages give, and those that people name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from huitong.decisions.policy.settings import Settings
from huitong.decisions.policy.tables import NO_ROW, PolicyTable
from huitong.decisions.tables import VIOLATED
from huitong.kernel import Text


@dataclass(frozen=True, slots=True)
class Grounds:
    """The names of grounds.

    Attributes:
        by_code: Names of grounds that are known each by its code.
        tables: Tables, whose rows are grounds too.
    """

    by_code: Mapping[str, Text]
    tables: Sequence[PolicyTable]

    @classmethod
    def of(cls, settings: Settings, tables: Sequence[PolicyTable], titles: Mapping[str, Text]) -> "Grounds":
        """Those of a policy: the reasons of its lists, rules and tables, the features of its model, and what `[in_force.grounds]` says.

        Args:
            settings: The policy.
            tables: Its decision tables.
            titles: Name of each feature for people.
        """
        own = {} if settings.in_force is None else settings.in_force.grounds
        lists = {f"list.{one.name}": one.reason for one in settings.lists}
        rules = {f"rule.{one.id}": one.reason for one in settings.rules}
        return cls({f"model.{name}": title for name, title in titles.items()} | lists | rules | dict(own), tables)

    def name(self, code: str) -> Text | None:
        """What a ground is called; ``None`` where nobody says."""
        if code in self.by_code:
            return self.by_code[code]
        word, _, row = code.rpartition(".")
        table = next((one for one in self.tables if word == f"table.{one.setting.name}"), None)
        if table is None:
            return None
        places = {"default": NO_ROW, "conflict": VIOLATED} | ({row: int(row) - 1} if row.isdecimal() else {})
        place = places.get(row, table.rows)
        return table.reason(place) if place < table.rows and code == table.code(place) else None
