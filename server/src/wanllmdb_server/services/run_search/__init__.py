"""The runs of a project: which meet a filter, in an order, as columns, in groups."""

from wanllmdb_server.services.run_search.choice import Choice
from wanllmdb_server.services.run_search.export import Kind
from wanllmdb_server.services.run_search.grouping import parse_group_order
from wanllmdb_server.services.run_search.search import RunSearch, Wanted
from wanllmdb_server.services.run_search.tables import Asked, GroupsAsked, RunTables

__all__ = [
    "Asked",
    "Choice",
    "GroupsAsked",
    "Kind",
    "RunSearch",
    "RunTables",
    "Wanted",
    "parse_group_order",
]
