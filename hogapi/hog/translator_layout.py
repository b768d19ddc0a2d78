"""Blocks as Python control flow (second half of the translation).

``Structured`` writes ``if``/``while`` by walking the dominator tree, the way a compiler's nested output is shaped; it
gives up (``Unstructured``) on what Python's ``break`` and ``continue`` cannot say. ``dispatch`` writes any control
flow, handlers included, as a loop over block numbers, and can be entered at any block: it also serves resumption.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

from hogapi.hog.translator_blocks import Block, Line
from hogapi.hog.verifier import Function

MAX_INDENT = 60
MAX_LOOPS = 15
MAX_MEMBERS = 20_000  # blocks of all loops, each counted in every loop around it
MAX_WALK = 200_000  # steps up the dominator tree

Out = list[tuple[int, Line]]
"""Statements with their indentation."""


class Unstructured(Exception):
    """The control flow is not made of nested ifs and loops."""


def loops(function: Function, blocks: dict[int, Block]) -> tuple[dict[int, int], int]:
    """Return the steps to charge on each turn at the loop headers, and those to charge on entry to the function."""
    headers: dict[int, int] = {}
    for block in blocks.values():
        last = block.instructions[-1].at if block.instructions else block.start
        for successor in block.successors:
            if successor <= last:
                headers[successor] = max(headers.get(successor, 0), last)
    order = sorted(at for at in function.states if at != function.end)
    costs = {}
    inside = reached = 0
    for header, last in sorted(headers.items()):
        first, beyond = bisect_left(order, header), bisect_right(order, last)
        costs[header] = beyond - first
        inside += max(0, beyond - max(first, reached))
        reached = max(reached, beyond)
    return costs, len(order) - inside + 1


def charge(steps: int) -> list[Line]:
    """Return the statements that count ``steps``."""
    return [Line(f"t = run.fuel = run.fuel - {steps}"), Line("if t < 0: run.refuel()")]


@dataclass
class _Place:
    """Where control goes from a position in the text: by falling off, by ``break``, by ``continue``."""

    fall: int | None
    leave: int | None = None
    again: int | None = None
    loops: int = 0


class Structured:
    """Lays out one function without handlers."""

    def __init__(self, start: int, blocks: dict[int, Block], costs: dict[int, int]) -> None:
        self.blocks, self.costs = blocks, costs
        self.order = _reverse_postorder(start, blocks)
        self.number = {block: i for i, block in enumerate(self.order)}
        self.parents: dict[int, list[int]] = {block: [] for block in self.order}
        for block in self.order:
            for successor in blocks[block].successors:
                self.parents[successor].append(block)
        self.walked = 0
        self.dominator = self._dominators(start)
        self.bodies = self._loop_bodies()
        forward = {b: [p for p in self.parents[b] if self.number[p] < self.number[b]] for b in self.order}
        self.merges: dict[int, list[int]] = {block: [] for block in self.order}
        for block in self.order:
            if len(forward[block]) > 1:
                self.merges[self.dominator[block]].append(block)
        self.placed = {block for blocks in self.merges.values() for block in blocks}
        self.written: set[int] = set()
        self.out: Out = []

    def _dominators(self, start: int) -> dict[int, int]:
        dominator = {start: start}
        changed = True
        while changed:
            changed = False
            for block in self.order[1:]:
                new: int | None = None
                for parent in self.parents[block]:
                    if parent in dominator:
                        new = parent if new is None else self._common(dominator, parent, new)
                if new is not None and dominator.get(block) != new:
                    dominator[block] = new
                    changed = True
        return dominator

    def _common(self, dominator: dict[int, int], a: int, b: int) -> int:
        """Return the nearest block that dominates both; Unstructured when walking there has taken too long."""
        while a != b:
            if self.number[a] > self.number[b]:
                a = dominator[a]
            else:
                b = dominator[b]
            self.walked += 1
        if self.walked > MAX_WALK:
            raise Unstructured
        return a

    def _loop_bodies(self) -> dict[int, set[int]]:
        """Return the blocks of each natural loop by header; Unstructured for jumps into the middle of one."""
        bodies: dict[int, set[int]] = {}
        members = 0
        for block in self.order:
            for header in self.blocks[block].successors:
                if self.number[header] <= self.number[block]:
                    body = bodies.setdefault(header, {header})
                    pending = [block]
                    while pending:
                        member = pending.pop()
                        if member not in body:
                            if self.number[member] < self.number[header]:
                                raise Unstructured
                            body.add(member)
                            members += 1
                            if members > MAX_MEMBERS:
                                raise Unstructured
                            pending += self.parents[member]
        return bodies

    def write(self, start: int, place: _Place, indent: int) -> bool:
        """Write from ``start`` on until control is at ``place.fall``; tell whether it gets there by falling off."""
        if indent > MAX_INDENT:
            raise Unstructured
        pending = [(start, place)]
        falls = True
        while pending:
            block, here = pending.pop()
            following: int | None
            if block in self.bodies:
                following, falls = self._loop(block, here, indent)
            else:
                merges = self.merges[block]
                if len(merges) > 1:
                    raise Unstructured
                if merges:
                    pending.append((merges[0], here))
                    here = replace(here, fall=merges[0])
                following, falls = self._block(block, here, indent)
            if following is not None:
                pending.append((following, here))
        return falls

    def _loop(self, header: int, place: _Place, indent: int) -> tuple[int | None, bool]:
        """Write a loop; return the block that follows it, if that is not written elsewhere, and whether it ends."""
        if place.loops >= MAX_LOOPS:
            raise Unstructured
        body = self.bodies.pop(header)
        exits = {s for b in body for s in self.blocks[b].successors if s not in body}
        follow: int | None = None
        leave = place.fall
        if place.fall not in exits:
            own = [s for s in exits if s not in (place.leave, place.again) and self.dominator[s] in body]
            ranked = sorted(own, key=lambda s: (not self.blocks[s].successors, self.number[s]))
            leave = follow = ranked[0] if ranked else None
        for member in body:
            self.merges[member] = [merge for merge in self.merges[member] if merge != follow]
        if follow is not None:
            self.placed.add(follow)
        self.out.append((indent, Line("while True:")))
        self.write(header, _Place(header, leave, header, place.loops + 1), indent + 1)
        return follow, place.fall in exits

    def _block(self, start: int, place: _Place, indent: int) -> tuple[int | None, bool]:
        """Write one block; return the block that goes on in the same place, and whether control falls off the end."""
        block = self.blocks[start]
        self.written.add(start)
        if start in self.costs:
            self.out += [(indent, line) for line in charge(self.costs[start])]
        self.out += [(indent, line) for line in block.lines]
        if block.end == "jump":
            return self._go(block.target, place, indent)
        if block.end == "branch":
            return self._branch(block, place, indent)
        return None, False

    def _go(self, target: int, place: _Place, indent: int) -> tuple[int | None, bool]:
        if target == place.fall:
            return None, True
        if target == place.leave:
            self.out.append((indent, Line("break")))
        elif target == place.again:
            self.out.append((indent, Line("continue")))
        elif target in self.placed or target in self.written:
            raise Unstructured
        else:
            return target, False
        return None, False

    def _branch(self, block: Block, place: _Place, indent: int) -> tuple[int | None, bool]:
        self.out.append((indent, Line(f"if {block.condition}:")))
        at = len(self.out)
        falls = self._arm(block.otherwise, place, indent + 1)
        if len(self.out) == at:
            self.out[-1] = (indent, Line(f"if not ({block.condition}):"))
            self._arm(block.target, place, indent + 1)
            if len(self.out) == at:
                self.out.append((indent + 1, Line("pass")))
            return None, True
        if not falls:
            return self._go(block.target, place, indent)
        self.out.append((indent, Line("else:")))
        at = len(self.out)
        self._arm(block.target, place, indent + 1)
        if len(self.out) == at:
            self.out.pop()
        return None, True

    def _arm(self, target: int, place: _Place, indent: int) -> bool:
        following, falls = self._go(target, place, indent)
        return falls if following is None else self.write(following, place, indent)


def _reverse_postorder(start: int, blocks: dict[int, Block]) -> list[int]:
    seen = {start}
    order: list[int] = []
    stack = [(start, iter(blocks[start].successors))]
    while stack:
        block, successors = stack[-1]
        for successor in successors:
            if successor not in seen:
                seen.add(successor)
                stack.append((successor, iter(blocks[successor].successors)))
                break
        else:
            order.append(block)
            stack.pop()
    return order[::-1]


def structured(function: Function, blocks: dict[int, Block], costs: dict[int, int]) -> Out:
    """Return the statements of ``function`` as nested ifs and loops; Unstructured if that is not its shape."""
    layout = Structured(function.start, blocks, costs)
    layout.write(function.start, _Place(None), 1)
    return layout.out


def dispatch(
    function: Function,
    blocks: dict[int, Block],
    costs: dict[int, int],
    handlers: dict[tuple[tuple[int, int], ...], int],
) -> tuple[Out, dict[int, int]]:
    """Return the statements of ``function`` as a loop over ``pc``, and the number of each block.

    ``handlers`` numbers the stacks of active handlers; 0 is the empty one.
    """
    numbers = {start: i for i, start in enumerate(sorted(blocks))}
    out: Out = []
    indent = 1
    if len(handlers) > 1:
        out += [(1, Line("while True:")), (2, Line("try:"))]
        indent = 3
    out.append((indent, Line("while True:")))
    _choose(sorted(blocks), blocks, costs, numbers, out, indent + 1)
    if len(handlers) > 1:
        out.append((2, Line("except Thrown as thrown:")))
        out += [(3, line) for line in _catch(function, handlers, numbers)]
    return out, numbers


def _choose(
    starts: list[int], blocks: dict[int, Block], costs: dict[int, int], numbers: dict[int, int], out: Out, indent: int
) -> None:
    """Write a binary search for the block numbered ``pc``."""
    if len(starts) > 1:
        middle = len(starts) // 2
        out.append((indent, Line(f"if pc < {numbers[starts[middle]]}:")))
        _choose(starts[:middle], blocks, costs, numbers, out, indent + 1)
        out.append((indent, Line("else:")))
        _choose(starts[middle:], blocks, costs, numbers, out, indent + 1)
        return
    block = blocks[starts[0]]
    lines = [*charge(costs[block.start]), *block.lines] if block.start in costs else list(block.lines)
    if block.end == "jump":
        lines.append(Line(f"pc = {numbers[block.target]}"))
    elif block.end == "branch":
        lines.append(Line(f"pc = {numbers[block.otherwise]} if {block.condition} else {numbers[block.target]}"))
    out += [(indent, line) for line in lines]


def _catch(function: Function, handlers: dict[tuple[tuple[int, int], ...], int], numbers: dict[int, int]) -> list[Line]:
    lines = [Line("if not h: raise")]
    for stack, number in handlers.items():
        if stack:
            target, depth = stack[-1]
            lines.append(Line(f"{'if' if number == 1 else 'elif'} h == {number}:"))
            lost = "".join(f" c{slot} = None;" for slot in sorted(function.captured) if slot >= depth)
            outer = handlers.get(stack[:-1], 0)
            lines.append(Line(f" s{depth} = thrown.error; pc = {numbers[target]}; h = {outer};{lost}"))
    return lines
