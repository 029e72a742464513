"""A file that is given as a proof and is none."""

import pytest

from huitong.app import Bank
from huitong.app.consoling import ConsoleBank
from huitong.app.serving import BankService
from huitong.kernel import DataError


@pytest.mark.parametrize("proof", [b"[" * 100_000, b"{", b"7", b"\xff", b'{"records": 1}'])
def test_what_is_no_proof_is_told_to_prove_nothing(bank: Bank, proof: bytes) -> None:
    with pytest.raises(DataError) as refused:
        ConsoleBank(bank, BankService(bank, "small")).verify(proof)
    assert refused.value.code == "proof.bad"
