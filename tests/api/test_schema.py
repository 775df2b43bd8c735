"""The whole OpenAPI document against the server, by schemathesis: as nobody, and as each role.

No answer is a 5xx, none has a status or a shape that the document does not tell. `PENSTOCK_EXAMPLES` is how many
requests are made for each operation and role.
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from serving import Server, bearer

from penstock.api.permissions import CALLS, PREFIX, Call, Role
from penstock.api.users import Grant

EXAMPLES = int(os.environ.get("PENSTOCK_EXAMPLES", "2"))
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SAID_BY_US = ("authorization", "x-api-key")
# what would shut everybody out, or halt the desk for the other tests
LEFT_OUT = ("/risk/kill", "/risk/mode", "/auth/token", "/users/{name}")
quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def document(server: Server) -> Any:
    return schemathesis.openapi.from_url(f"{server.url}{PREFIX}/openapi.json")


@pytest.fixture(scope="module")
def headers(server: Server) -> list[dict[str, str]]:
    """Nobody's, and each role's."""
    grant = Grant(account="*", trade=True, manage=True)
    keys = [server.key(f"schema-{role.value}", role, grant) for role in Role]
    return [{}, *map(bearer, keys)]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_no_request_breaks_a_promise(server: Server, document: Any, headers: list[dict[str, str]], call: Call) -> None:
    operation = document[PREFIX + call.path][call.method]
    callers = headers[:1] if call.path in LEFT_OUT and call.method != "GET" else headers

    @quick
    @given(case=operation.as_strategy())
    def hold(case: Any) -> None:
        given = {name: value for name, value in (case.headers or {}).items() if name.lower() not in SAID_BY_US}
        for each in callers:
            case.headers = given | each
            said = case.call(session=server.session)
            case.validate_response(said, checks=CHECKS)

    hold()
