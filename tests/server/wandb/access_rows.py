"""Who may what over the protocol of the `wandb` client; see `access_matrix`.

A GraphQL request is answered for whoever has a key; what its fields may do is tested in
`test_graphql`.
"""

from __future__ import annotations

from tests.server.rest.access_matrix import KNOWN, MEMBERS, OPEN, Row

WANDB: dict[tuple[str, str], Row] = {
    ("POST", "/graphql"): Row(KNOWN, json={"query": "query Viewer { viewer { id } }"}),
    ("POST", "/files/{entity}/{project}/{run}/file_stream"): Row(MEMBERS, json={}),
    # The ticket in the URL is who asks; the one of the tests is none.
    ("PUT", "/artifact-files/{ticket}"): Row(OPEN, status=403),
    ("GET", "/artifact-files/{ticket}"): Row(OPEN, status=403),
    ("POST", "/sdk/otel/v1/{rest:path}"): Row(OPEN, status=404),  # so the client sends no more
    ("POST", "/oidc/token"): Row(OPEN, status=404),
}
