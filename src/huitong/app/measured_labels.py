"""What turned out about the payments that measures fell on: their labels, followed along the log."""

import threading
from collections.abc import Collection, Mapping

import msgspec

from huitong.kernel import EventId
from huitong.store import RecordLog

LABELS_KIND = "payment.labelled"


class _Data(msgspec.Struct):
    """What is read of a label; another contract's label may say it in other words, and says nothing here then."""

    payment: object = None
    fraud: object = None


class _Label(msgspec.Struct):
    time_us: int
    data: _Data


_read = msgspec.json.Decoder(_Label).decode


class MeasuredLabels:
    """Whether each payment that is asked about was fraud; of several labels of one payment the latest counts.

    The key: a bank may label every payment, and measures fall on few. A label says what turned out later, so that it stands after its
    payment: who asks about new payments has the log read on from the first of them, and the labels of all others are passed over.
    """

    def __init__(self) -> None:
        self._asked: set[EventId] = set()
        self._reached = 0
        self._latest: dict[EventId, tuple[int, bool]] = {}
        self._turn = threading.Lock()

    def of(self, log: RecordLog, payments: Collection[EventId]) -> Mapping[EventId, bool]:
        """The labels of payments, as far as there are any.

        Args:
            log: The log.
            payments: Ids of the payments' events.
        """
        with self._turn:
            end, new = log.end(), set(payments) - self._asked
            starts = [place for payment in new for place in log.positions(payment)]
            if self._asked:
                starts.append(self._reached)
            self._asked |= new
            for payload in log.payloads(min(starts, default=end), (LABELS_KIND,)):
                self._take(_read(payload))
            self._reached = end  # what came since is read again: the latest label is the same however often it is seen
            return {payment: self._latest[payment][1] for payment in payments if payment in self._latest}

    def _take(self, label: _Label) -> None:
        payment, fraud = label.data.payment, label.data.fraud
        if not isinstance(payment, str) or not isinstance(fraud, bool) or payment not in self._asked:
            return
        if label.time_us >= self._latest.get(payment, (label.time_us, False))[0]:
            self._latest[payment] = label.time_us, fraud
