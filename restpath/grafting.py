"""
Grafting: a new resource in the tree of a client that is in use.

Takes a tree and the words of one operation; puts it there. Other threads may walk the tree meanwhile: what they look up
is replaced whole, never changed under their hands.
"""

from __future__ import annotations

from restpath.definition.merge import Layer
from restpath.definition.model import Definition, Documents
from restpath.template import Segment
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
    before = tree.by_text.get(template)
    here = [end for end in before[0].ends if end.template.text == template] if before else []
    if any(method in end.methods for end in here):
        return
    learnt = next((end for end in here if end.definition is not tree.definition), None)
    known = learnt.definition.documents.resources[template]["methods"] if learnt is not None else {}
    own = _definition(tree, template, {**known, method: words}, said_by)
    record = own.resource(template).template
    line = [tree.root]
    for segment in record.segments:
        line.append(_child(line[-1], segment))
        line[-1].example = line[-1].example or record
    node = line[-1]
    end = End(own, record, (*known, method))
    node.ends = [*(each for each in node.ends if each is not learnt), end]
    node.only = None
    for each in reversed(line):
        each.repeats = each.repeats or bool(end.repeats)
        each._finish()
    tree.by_text.setdefault(template, (node, end))


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
    child.implied = False
    names = tuple(variable.name for variable in segment.variables)
    child.texts = {**child.texts, segment.text: names}
    child.names = {**child.names, names: None}
    child._spelled = node._spelled = None
    return child
