"""A writer in a process of its own: whoever decides need not share its interpreter with whoever conceals, hashes and writes.

For whom: a bank that is served, whose threads take turns at one interpreter while another core stands idle. How: work on the journal is a
function and its data, which goes through a pair of sockets and is done there by the same ``Writer``; answers come back in its order.
Where it fails: work must be data and functions that can be found by name; a process that ended or hangs is started again with the next
call, and calls that got no answer are told so: whether they are on the disk, the log says.
"""

from huitong.store.apart.opening import Opening
from huitong.store.apart.writer import ApartWriter

__all__ = ["ApartWriter", "Opening"]
