"""Events that only the house writes cannot come from outside, by whichever door: else a message could give rights or lift measures."""

import msgspec
import pyarrow as pa
import pytest

from huitong.app.house import house_contracts
from huitong.kernel import PolicyError
from tests.api.conftest import Desk
from tests.app.small_world import POLICY

LINES = {"content-type": "application/x-ndjson"}
ARROW = {"content-type": "application/vnd.apache.arrow.stream"}


def forged(kind: str) -> dict[str, object]:
    """An event of a kind, with all that its contract asks for."""
    contract = house_contracts()[kind]
    data = {spec.name: next(iter(spec.one_of), "admin") for spec in contract.fields}
    return {**data, "id": f"forged-{kind}", "kind": kind, "time": "2025-12-05T09:30:00Z"}


@pytest.mark.parametrize("kind", sorted(house_contracts()))
def test_no_door_takes_what_the_house_writes(desk: Desk, kind: str) -> None:
    event, client = forged(kind), desk.client
    line = msgspec.json.encode(event)
    for path in ("/v1/events", "/v1/feedback", "/v1/decisions"):
        answer = client.post(path, content=line, headers={"content-type": "application/json"})
        assert answer.status_code in (403, 422), (path, answer.text)
    assert client.post("/v1/events", content=line, headers={"content-type": "application/json"}).json()["code"] == "event.kind.house"
    for path in ("/v1/events", "/v1/feedback"):
        lines = client.post(path, content=line + b"\n" + line, headers=LINES).json()
        assert (lines["new"], len(lines["refused"])) == (0, 2)
    assert "problem" in client.post("/v1/decisions/batch", content=line, headers=LINES).text
    columns = pa.Table.from_pylist([{name: str(value) for name, value in event.items()}])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, columns.schema) as writer:
        writer.write_table(columns)
    arrow = client.post("/v1/decisions/batch", content=sink.getvalue().to_pybytes(), headers=ARROW)
    assert pa.ipc.open_stream(arrow.content).read_all()["error"].to_pylist() != [None]
    assert desk.bank.log.event(str(event["id"])) is None


def test_no_policy_decides_what_the_house_writes(desk: Desk) -> None:
    folder = desk.bank.workspace.root / "policies" / "forger"
    folder.mkdir()
    (folder / "features.toml").write_text('[settings]\nzone = "Asia/Shanghai"\n[features]\nrole = { field = "role" }\n', "utf-8")
    head = POLICY[: POLICY.index("[lists.blocked]")].replace('"small"', '"forger"').replace('"payment.requested"', '"role.granted"')
    head = "\n".join(line for line in head.splitlines() if not line.startswith("labels"))
    rule = '\n[[rules]]\nid = "any"\nwhen = \'role = "x"\'\noutcome = "review"\nreason = { zh = "无", en = "none" }\n'
    (folder / "policy.toml").write_text(head + rule, "utf-8")
    try:
        with pytest.raises(PolicyError) as caught:
            desk.bank.live("forger")
        assert caught.value.code == "event.kind.house"
        answer = desk.client.post("/v1/decisions?policy=forger", json=forged("role.granted"))
        assert answer.json()["code"] == "event.kind.house"
        assert desk.bank.log.event("forged-role.granted") is None
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
