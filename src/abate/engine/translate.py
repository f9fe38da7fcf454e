"""From an Ibis expression to SQL, by Ibis' own rules and words, in fewer walks over the expression.

Ibis walks over all nodes for each set of its rules, tries each rule on each node, and makes every node above one that
changed anew, with all checks. Most of the time of a small report goes there. Here a set of rules is passed over where
no node is of a kind that it speaks of, nodes that only follow a changed one are not checked again, and what is used
twice is told apart when it is written instead of by one more walk.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, reduce
from itertools import count
from operator import or_
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.schema as sch
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql import rewrites
from ibis.backends.sql.compilers._compat import WITH_ARG
from ibis.common.collections import FrozenDict, FrozenOrderedDict
from ibis.common.graph import Node
from ibis.common.grounds import Annotable
from ibis.common.patterns import AnyOf, Capture, InstanceOf, NoMatch, Object, Pattern, Replace
from ibis.expr.rewrites import replace_parameter

LOWERING = (
    replace_parameter
    | rewrites.remove_aliases
    | rewrites.project_to_select
    | rewrites.filter_to_select
    | rewrites.sort_to_select
    | rewrites.distinct_to_select
    | rewrites.fill_null_to_select
    | rewrites.drop_null_to_select
    | rewrites.drop_columns_to_select
    | rewrites.first_to_firstvalue
)
"""The rules by which Ibis makes selections of projections, filters and orders, in its order."""
NAMED_ONCE = (rewrites.Select, ops.Aggregate, ops.JoinChain, ops.Set, ops.Limit, ops.Sample)
"""Relations that are written once, under a name, where several others read them."""
NOT_READING = (ops.Field, ops.CountStar, ops.CountDistinctStar)


def with_nulls(schema: sch.Schema) -> sch.Schema:
    """Return the columns of a table that was kept: whatever made it, any of them may be null."""
    return sch.Schema({name: kind(nullable=True) for name, kind in schema.items()})


def _nodes(values: Iterable[Any]) -> Iterator[Node]:
    for value in values:
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple | list):
            yield from _nodes(value)
        elif isinstance(value, dict):
            yield from _nodes(value.keys())
            yield from _nodes(value.values())


def in_order(root: Node, passed_over: tuple[type, ...] = ()) -> dict[Node, tuple[Node, ...]]:
    """Return every node with its children, children first; some kinds may be passed over with all below them."""
    children: dict[Node, tuple[Node, ...]] = {}
    found: dict[Node, tuple[Node, ...]] = {}
    stack = [root]
    while stack:
        node = stack[-1]
        if node in found:
            stack.pop()
            continue
        below = children.get(node)
        if below is None:
            below = tuple(child for child in _nodes(node.__args__) if not isinstance(child, passed_over))
            children[node] = below
            stack.extend(child for child in reversed(below) if child not in found)
        else:
            found[node] = below
            stack.pop()
    return found


def kinds(pattern: Pattern) -> tuple[type, ...]:
    """Return the kinds of nodes that a rule can speak of; every kind where the rule does not tell."""
    if isinstance(pattern, AnyOf):
        return tuple(kind for part in pattern.patterns for kind in kinds(part))
    if isinstance(pattern, Replace):
        return kinds(pattern.matcher)
    if isinstance(pattern, Capture):
        return kinds(pattern.pattern)
    if isinstance(pattern, Object):
        return kinds(pattern.type)
    return (pattern.type,) if isinstance(pattern, InstanceOf) else (Node,)


def _changed(value: Any, replaced: dict[Node, Any]) -> Any:
    """Return an argument with what was replaced within it; the argument itself where nothing was."""
    if isinstance(value, Node):
        return replaced.get(value, value)
    if isinstance(value, tuple):
        new = tuple(_changed(item, replaced) for item in value)
        return new if any(a is not b for a, b in zip(new, value, strict=True)) else value
    if isinstance(value, FrozenDict | FrozenOrderedDict):
        items = {_changed(key, replaced): _changed(item, replaced) for key, item in value.items()}
        same = all(a is b and items[a] is value[b] for a, b in zip(items, value, strict=True))
        return value if same else type(value)(items)
    return value


def _made_anew(node: Node, arguments: dict[str, Any]) -> Any:
    """Return a node of the same kind: its arguments were checked when the first was made."""
    return super(Annotable, type(node)).__create__(**arguments)


def rewritten(root: Node, pattern: Pattern, context: dict[str, Any]) -> Node:
    """Return the expression with a set of rules applied to every node, children first."""
    spoken_of = kinds(pattern)
    order = in_order(root)
    if not any(issubclass(kind, spoken_of) for kind in {type(node) for node in order}):
        return root
    replaced: dict[Node, Any] = {}
    for node, children in order.items():
        new: Any = node
        if replaced and any(child in replaced for child in children):
            arguments = {
                name: _changed(value, replaced) for name, value in zip(node.__argnames__, node.__args__, strict=True)
            }
            new = _made_anew(node, arguments)
        if isinstance(new, spoken_of) and (result := pattern.match(new, context)) is not NoMatch:
            new = result
        if new is not node:
            replaced[node] = new
    return replaced.get(root, root)


def _written(value: Any, results: dict[Node, Any]) -> Any:
    if isinstance(value, Node):
        return results[value]
    if isinstance(value, tuple | list):
        return tuple(_written(item, results) for item in value)
    if isinstance(value, dict):
        return {_written(key, results): _written(item, results) for key, item in value.items()}
    return value


def read_twice(root: Node) -> set[Node]:
    """Return the relations that several others read."""
    order = in_order(root, NOT_READING)
    readers = Counter(child for children in order.values() for child in children)
    return {node for node in order if isinstance(node, NAMED_ONCE) and readers[node] > 1}


@cache
def _rules(compiler: Any) -> tuple[Pattern, ...]:
    """Return the sets of rules of a compiler, in Ibis' order."""
    sets = (tuple(compiler.lowered_ops.values()), compiler.rewrites, (LOWERING,), compiler.post_rewrites)
    return tuple(reduce(or_, rules) if len(rules) > 1 else rules[0] for rules in sets if rules)


class Translation:
    """A compiler of Ibis that walks less: to be named before it among the bases of a class.

    Attributes
    ----------
    in_place
        Whether SQLGlot changes an expression where it stands to write it for the engine. What is read twice may then
        not be one object.
    """

    in_place = True

    def translate(self: Any, op: Any, *, params: Any) -> Any:
        """Return the SQL of a relation as an expression of SQLGlot; see ``SQLGlotCompiler.translate`` of Ibis."""
        context = {"params": self._prepare_params(params)}
        for rules in _rules(self):
            op = rewritten(op, rules, context if rules is LOWERING else {})
        # An order counts where it is asked for last: below a projection it would be lost.
        op = _with_order(op)
        named = read_twice(op)
        names = (sg.to_identifier(f"t{number}", quoted=self.quoted) for number in count())
        definitions: list[tuple[Any, Any]] = []
        results: dict[Node, Any] = {}
        for node in in_order(op):
            arguments = {
                name: _written(value, results) for name, value in zip(node.__argnames__, node.__args__, strict=True)
            }
            result = self.visit_node(node, **arguments)
            if node is not op and isinstance(node, ops.Relation):
                own = isinstance(node, ops.AliasedRelation)
                name = sg.to_identifier(node.name, quoted=self.quoted) if own else next(names)
                if own or node in named:
                    definitions.append((name, result.this if isinstance(result, sge.Subquery) else result))
                    result = sge.Table(this=name.copy(), alias=sge.TableAlias(this=next(names)))
                else:
                    result = _called(result, name)
            results[node] = result
        out = results[op]
        if isinstance(out, sge.Table):
            out = sg.select(sge.Star(), copy=False).from_(out, copy=False)
        elif isinstance(out, sge.Subquery):
            out = out.this
        inner = out.ctes
        out.args.pop(WITH_ARG, None)
        for name, definition in definitions:
            out = out.with_(name, as_=definition, dialect=self.dialect, copy=False)
        for cte in inner:
            out = out.with_(cte.args["alias"], as_=cte.args["this"], dialect=self.dialect, copy=False)
        return out.copy() if self.in_place else out


def _called(result: Any, name: Any) -> Any:
    """Return a relation under a name, without copying what is in it."""
    if isinstance(result, sge.Table):
        return result.as_(name, table=True)
    return sge.Subquery(
        this=result.this if isinstance(result, sge.Subquery) else result, alias=sge.TableAlias(this=name)
    )


def _with_order(op: Any) -> Any:
    """Return a selection with the order of the one below it, where the two can be one."""
    if isinstance(op, rewrites.Select) and isinstance(op.parent, rewrites.Select) and op.parent.sort_keys:
        merged = rewrites.merge_select_select.match(op, {})
        return op if merged is NoMatch else merged
    return op
