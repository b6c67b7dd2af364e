"""Where rows are: heights in pixels, some measured and some estimated, and the sums over them.

A Fenwick tree: changing one height and finding the row at an ordinate are O(log n), so that a long conversation
streams as cheaply as a short one.
"""

from collections.abc import Iterable


class RowHeights:
    """Heights of rows 0 to len-1; all are positive."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        self._tree = [0, *self._heights]
        for node in range(1, len(self._tree)):
            parent = node + (node & -node)
            if parent < len(self._tree):
                self._tree[parent] += self._tree[node]

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, row: int) -> int:
        return self._heights[row]

    def append(self, height: int) -> None:
        """Add a row at the end; its height is in pixels."""
        node = len(self._heights) + 1
        covered = node & -node
        self._tree.append(height + self.top(node - 1) - self.top(node - covered))
        self._heights.append(height)

    def set(self, row: int, height: int) -> None:
        """Change the height of a row, in pixels."""
        change = height - self._heights[row]
        self._heights[row] = height
        node = row + 1
        while change and node < len(self._tree):
            self._tree[node] += change
            node += node & -node

    def top(self, row: int) -> int:
        """Return the ordinate at which `row` begins; that of row len is the total."""
        total = 0
        while row > 0:
            total += self._tree[row]
            row -= row & -row
        return total

    @property
    def total(self) -> int:
        """Return the height of all rows together, in pixels."""
        return self.top(len(self._heights))

    def row_at(self, y: int) -> int:
        """Return the row that covers the ordinate `y`; the first or last one for a `y` outside. There must be a row."""
        node, step = 0, 1 << len(self._heights).bit_length()
        while step:
            child = node + step
            if child < len(self._tree) and self._tree[child] <= y:
                node = child
                y -= self._tree[child]
            step >>= 1
        return min(node, len(self._heights) - 1)
