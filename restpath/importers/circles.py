"""
Circles: which nodes of a graph can be reached from themselves.

Takes the nodes with those that each leads to; gives the groups of nodes that all lead to each other. Without recursion,
as published descriptions have circles of a thousand schemas.
Source: Tarjan 1972, "Depth-first search and linear graph algorithms".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["circles"]


def circles(graph: Mapping[str, Sequence[str]]) -> list[frozenset[str]]:
    """Give every group of nodes that lead to each other, and every node that leads to itself."""
    found: list[frozenset[str]] = []
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    work: list[tuple[str, Iterator[str]]] = []

    def enter(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        waiting.add(node)
        work.append((node, iter(graph[node])))

    def leave(node: str) -> None:
        work.pop()
        if work:
            above = work[-1][0]
            low[above] = min(low[above], low[node])
        if low[node] == order[node]:
            group = _until(stack, node)
            waiting.difference_update(group)
            if len(group) > 1 or node in graph[node]:
                found.append(group)

    for start in graph:
        if start not in order:
            enter(start)
        while work:
            node, following = work[-1]
            for to in following:
                if to in waiting:
                    low[node] = min(low[node], order[to])
                elif to in graph and to not in order:
                    enter(to)
                    break
            else:
                leave(node)
    return found


def _until(stack: list[str], node: str) -> frozenset[str]:
    group: set[str] = set()
    while node not in group:
        group.add(stack.pop())
    return frozenset(group)
