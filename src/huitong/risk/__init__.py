"""Risk control, one capability per folder: transactions so far.

For whom: the analysts and investigators of a bank. How: a capability is contracts, mappings and policies on the spine, and little code;
import from its folder, the room itself exports nothing.
Where it fails: see each capability; what is not a folder here does not exist yet.
"""

__all__: list[str] = []
