"""AskedRuns: which runs a request is about, as the services are asked for them."""

from __future__ import annotations

from wanllmdb_server.domain.filter import RunFilter, parse_states, parse_words
from wanllmdb_server.domain.filter_text import parse_filter
from wanllmdb_server.domain.language import parse_query
from wanllmdb_server.domain.query import All
from wanllmdb_server.fronts.rest.schemas.runs import AskedRuns


def asked_filter(asked: AskedRuns) -> RunFilter:
    """The filter of which every part must hold.

    Raises:
        InvalidError: a part of it is none; the fault points at that part.
    """
    conditions = (parse_filter(asked.filter), parse_query(asked.filters))
    told = tuple(each for each in conditions if each != All(()))
    condition = told[0] if len(told) == 1 else All(told) if told else None
    return RunFilter(parse_words(asked.q), parse_states(asked.states), condition)
