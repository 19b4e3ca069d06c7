"""
Grafting: a new resource in the tree of a client that is in use.

Takes a tree and the words of one operation; puts it there. Other threads may walk the tree meanwhile: what they look up
is replaced whole, never changed under their hands.
"""

from __future__ import annotations

from restpath.definition.merge import Documents, Layer
from restpath.definition.model import Definition
from restpath.template import Segment, Variable, suffix_of
from restpath.tree import End, Node, Tree
from restpath.types import JsonObject

__all__ = ["graft"]


def graft(tree: Tree, template: str, method: str, words: JsonObject, said_by: str) -> None:
    """
    Put an operation into a tree, unless it is there.

    Args:
        tree: that of one client, and of no other.
        words: what resources.json would say of the method.
        said_by: what is named as the file that says so.
    """
    line = [tree.root]
    record = _definition(tree, template, {method: words}, said_by).resource(template).template
    for segment in record.segments:
        line.append(_child(line[-1], segment))
        line[-1].example = line[-1].example or record
    node = line[-1]
    here = [end for end in node.ends if end.template.text == template]
    if any(method in end.methods for end in here):
        return
    learnt = next((end for end in here if end.definition is not tree.definition), None)
    known = learnt.definition.documents.resources[template]["methods"] if learnt is not None else {}
    end = End(_definition(tree, template, {**known, method: words}, said_by), record, (*known, method))
    node.ends = [*(each for each in node.ends if each is not learnt), end]
    for each in reversed(line):
        each.repeats = each.repeats or bool(end.repeats)
        each.finish_again()
    tree.grafted[template] = (node, end)


def _definition(tree: Tree, template: str, methods: JsonObject, said_by: str) -> Definition:
    """The definition of one resource, with what the service says for all."""
    resources: JsonObject = {template: {"methods": methods}}
    layers = (Layer({"resources": resources}, {"resources": said_by}),)
    return Definition(Documents(tree.definition.documents.service, resources, {}), layers=layers)


def _child(node: Node, segment: Segment) -> Node:
    """Find or make the node for a segment, with the names of its variables."""
    child = node.known(segment)
    if child is None:
        child = Node(node, segment)
        if segment.literal is not None:
            node.literals = {**node.literals, segment.literal: child}
        elif segment.shape == "{}":
            node.variable = child
        elif segment.shape == "{+}":
            node.reserved = child
        else:
            node.composites = {**node.composites, segment.shape: child}
            _imply(node, segment)
    child.implied = False
    names = tuple(variable.name for variable in segment.variables)
    child.texts = {**child.texts, segment.text: names}
    child.names = {**child.names, names: None}
    return child


def _imply(node: Node, segment: Segment) -> None:
    """Make sure that `{id}:suffix` can be reached by way of its variable, where no template has that alone."""
    if suffix_of(segment) is None:
        return
    variable = Segment((Variable("item", segment.variables[0].reserved),))
    if node.known(variable) is None:
        child = Node(node, variable)
        child.implied = True
        if segment.variables[0].reserved:
            node.reserved = child
        else:
            node.variable = child
