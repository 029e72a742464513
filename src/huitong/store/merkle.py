"""The Merkle tree over the log's records (RFC 9162, section 2.1), kept in tiles of 256 hashes.

A record's canonical bytes are a leaf. The log keeps the hashes of every eighth level in full tiles, as transparency logs do: a tile
at level ``k`` holds the hashes of 256 neighbouring perfect subtrees of ``256**k`` leaves each. What is not in a full tile yet is at
the right edge, fewer than 256 hashes a level: those of level 0 are hashed from the records, those above are the roots of full tiles.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from huitong.verifier import node_hash

TILE_LEVELS = 8
TILE_WIDTH = 1 << TILE_LEVELS
HASH_BYTES = 32
TILES_KEPT_MAX = 256
"""Tiles that a tree remembers, at most 33 KB each."""
EMPTY_ROOT = sha256(b"").digest()
"""Root of a tree without leaves."""
_NODE = sha256(b"\x01")
"""What the hash of every node begins with; copied, never fed."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A full tile.

    Attributes:
        level: Tile level ``k``: its hashes are roots of perfect subtrees with ``256**k`` leaves.
        index: Place among the tiles of its level.
        hashes: 256 hashes, one after the other.
        root: Root of the perfect subtree over them: a hash of the next tile level.
    """

    level: int
    index: int
    hashes: bytes
    root: bytes


@dataclass(slots=True)
class Frontier:
    """The right edge of a tree: all that is needed to append.

    Attributes:
        size: Number of leaves.
        edge: For each tile level the hashes since its last full tile, fewer than 256.
    """

    size: int = 0
    edge: list[list[bytes]] = field(default_factory=list)
    _peaks: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def of_edge(cls, size: int, edge: Sequence[Sequence[bytes]]) -> Self:
        """The frontier of a tree of ``size`` leaves from the hashes at its right edge, level by level."""
        frontier = cls(size, [list(hashes) for hashes in edge])
        for tile_level, hashes in enumerate(edge):
            rest, level = list(hashes), tile_level * TILE_LEVELS
            while rest:
                if len(rest) % 2:
                    frontier._peaks[level] = rest.pop()
                rest, level = _parents(rest), level + 1
        return frontier

    def copy(self) -> "Frontier":
        """One that can grow without this one."""
        return Frontier(self.size, [list(hashes) for hashes in self.edge], dict(self._peaks))

    def extend(self, leaves: Sequence[bytes]) -> list[Tile]:
        """Appends leaf hashes; returns the tiles that this filled."""
        self.size += len(leaves)
        tiles: list[Tile] = []
        filled: list[tuple[int, bytes]] = []
        hashes, level = list(leaves), 0
        while hashes:
            if level % TILE_LEVELS == 0:
                tile_level = level // TILE_LEVELS
                # Each new hash of this level is the root of a tile that the level below filled just now.
                tiles += [Tile(tile_level - 1, index, full, root) for (index, full), root in zip(filled, hashes, strict=False)]
                filled = self._fill(tile_level, hashes)
            below = self._peaks.pop(level, None)
            if below is not None:
                hashes.insert(0, below)
            if len(hashes) % 2:
                self._peaks[level] = hashes.pop()
            hashes, level = _parents(hashes), level + 1
        return tiles

    def _fill(self, tile_level: int, hashes: list[bytes]) -> list[tuple[int, bytes]]:
        if tile_level == len(self.edge):
            self.edge.append([])
        edge = self.edge[tile_level]
        first = (self.size >> (tile_level * TILE_LEVELS)) - len(hashes) - len(edge)
        edge += hashes
        full = len(edge) // TILE_WIDTH
        filled = [(first // TILE_WIDTH + one, b"".join(edge[one * TILE_WIDTH : (one + 1) * TILE_WIDTH])) for one in range(full)]
        del edge[: full * TILE_WIDTH]
        return filled

    def root(self) -> bytes:
        """Root of the tree, 32 bytes."""
        root = None
        for level in sorted(self._peaks):
            root = self._peaks[level] if root is None else node_hash(self._peaks[level], root)
        return EMPTY_ROOT if root is None else root


def _parents(hashes: Sequence[bytes]) -> list[bytes]:
    """Of each pair; a last one without a second has none yet. To copy a hash begun takes a third less time than to begin one for each."""
    parents, begun = [], _NODE.copy
    for left, right in zip(hashes[::2], hashes[1::2], strict=False):
        node = begun()
        node.update(left + right)
        parents.append(node.digest())
    return parents


class Tree:
    """A tree of ``size`` leaves as it stands in storage: its roots and proofs. Used by one thread.

    Args:
        size: Number of leaves.
        full_tile: The hashes of a full tile, by tile level and index.
        edge: For each tile level the hashes after its last full tile.
    """

    def __init__(self, size: int, full_tile: Callable[[int, int], bytes], edge: Sequence[Sequence[bytes]]) -> None:
        self.size = size
        self._full_tile = full_tile
        self._edge = edge
        self._nodes: dict[tuple[int, int], list[list[bytes]]] = {}
        """Tiles used last, each with the levels above its hashes as far as they were needed."""

    def root(self, size: int | None = None) -> bytes:
        """Root of the first ``size`` leaves."""
        size = self.size if size is None else size
        return self._range(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The path that proves leaf ``index`` in the tree of the first ``size`` leaves (RFC 9162, 2.1.3.1), leaf to root."""
        low, high, path = 0, size, []
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._range(middle, high))
                high = middle
            else:
                path.append(self._range(low, middle))
                low = middle
        return path[::-1]

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The path that proves the tree of ``first`` leaves a prefix of that of ``second`` (RFC 9162, 2.1.4.1)."""
        low, high, whole, path = 0, second, True, []
        while high != first:
            middle = low + _split(high - low)
            if first <= middle:
                path.append(self._range(middle, high))
                high = middle
            else:
                path.append(self._range(low, middle))
                low, whole = middle, False
        return (path if whole else [*path, self._range(low, high)])[::-1]

    def _range(self, low: int, high: int) -> bytes:
        width = high - low
        if width & (width - 1) == 0:
            level = width.bit_length() - 1
            return self._perfect(level, low >> level)
        middle = low + _split(width)
        return node_hash(self._range(low, middle), self._range(middle, high))

    def _perfect(self, level: int, index: int) -> bytes:
        tile_level, above = divmod(level, TILE_LEVELS)
        tile, place = divmod(index, TILE_WIDTH >> above)
        nodes = self._tile(tile_level, tile)
        while len(nodes) <= above:
            nodes.append(_parents(nodes[-1]))
        return nodes[above][place]

    def _tile(self, level: int, index: int) -> list[list[bytes]]:
        nodes = self._nodes.pop((level, index), None)
        if nodes is None:
            if index < self.size >> ((level + 1) * TILE_LEVELS):
                full = self._full_tile(level, index)
                nodes = [[full[start : start + HASH_BYTES] for start in range(0, len(full), HASH_BYTES)]]
            else:
                nodes = [list(self._edge[level])]
            if len(self._nodes) >= TILES_KEPT_MAX:
                del self._nodes[next(iter(self._nodes))]
        self._nodes[level, index] = nodes
        return nodes


def _split(width: int) -> int:
    """The largest power of two below ``width``."""
    return 1 << ((width - 1).bit_length() - 1)
