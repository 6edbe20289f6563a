"""The server itself, signing in and out, and the account of who asks.

Endpoints without `async` run in a thread: they ask the catalog, or hash a password.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

from fastapi import Depends, Path, Request, Response
from starlette.responses import JSONResponse

from wanllmdb.version import VERSION
from wanllmdb_server.domain.access import Resource, Scope, Verb
from wanllmdb_server.domain.account import ApiKey, User
from wanllmdb_server.fronts.rest.auth import (
    CurrentActor,
    drop_session,
    keep_session,
    session_of,
)
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import accounts as form
from wanllmdb_server.fronts.rest.schemas.form import MAX_INT64
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.services.accounts import SignIn

PROTOCOL: Final = 1

health = RestRouter(tags=["server"])
router = RestRouter(prefix=API, tags=["accounts"], only_json=True)

Given = Annotated[Services, Depends(services_of)]
KeyId = Annotated[int, Path(ge=0, le=MAX_INT64)]

_READ = (Resource.INSTANCE, Verb.READ)
_SIGN_IN = (Resource.INSTANCE, Verb.CREATE)


@health.get("/healthz", access=_READ, operation_id="getHealth")
async def get_health() -> form.Health:
    """The process lives."""
    return form.Health(status="ok", version=VERSION)


@health.get("/readyz", access=_READ, operation_id="getReadiness")
async def get_readiness(request: Request, response: Response) -> form.Health:
    """The stores are open and requests are welcome; 503 before and after."""
    ready = bool(getattr(request.app.state, "ready", False))
    response.status_code = 200 if ready else 503
    return form.Health(status="ok" if ready else "starting", version=VERSION)


@router.get("/server", access=_READ, operation_id="getServer")
async def get_server(services: Given) -> form.ServerFacts:
    """What a client needs to know before it signs in."""
    return form.ServerFacts(
        version=VERSION,
        protocol=PROTOCOL,
        sign_in=["password"],
        metric_url=services.metric_url,
    )


@router.get("/openapi.json", access=_READ, include_in_schema=False)
async def get_description(request: Request) -> Response:
    """The API, described for machines."""
    return JSONResponse(cast("dict[str, Any]", request.app.openapi()))


@router.post("/auth/login", access=_SIGN_IN, operation_id="login")
def login(request: Request, response: Response, body: form.Login, services: Given) -> form.SignedIn:
    """Sign in with name and password."""
    address = request.client.host if request.client else ""
    found = services.accounts.login(body.username, body.password, address=address)
    return _signed_in(request, response, found)


@router.post("/auth/one-time", access=_SIGN_IN, operation_id="loginOnce")
def login_once(
    request: Request, response: Response, body: form.OneTimeLogin, services: Given
) -> form.SignedIn:
    """Sign in with the token of a sign-in link, which is used up."""
    return _signed_in(request, response, services.accounts.redeem(body.token))


@router.post(
    "/auth/logout",
    access=(Resource.ACCOUNT, Verb.READ),
    operation_id="logout",
    status_code=204,
    response_class=Response,
)
def logout(request: Request, services: Given) -> Response:
    """End the session of the browser's cookie."""
    token = session_of(request)
    if token is not None:
        services.accounts.logout(token)
    response = Response(status_code=204)
    drop_session(request, response)
    return response


@router.get("/me", access=(Resource.ACCOUNT, Verb.READ), operation_id="getMe")
def get_me(actor: CurrentActor, services: Given) -> form.Me:
    """Who asks."""
    return form.Me(user=_user(services.accounts.me(actor)), scope=actor.scope.value)


@router.post(
    "/me/password",
    access=(Resource.ACCOUNT, Verb.UPDATE),
    operation_id="changePassword",
    status_code=204,
    response_class=Response,
)
def change_password(
    request: Request, body: form.NewPassword, actor: CurrentActor, services: Given
) -> Response:
    """Change the password, and end the other sessions."""
    services.accounts.change_password(
        actor, body.password, current=body.current, token=session_of(request)
    )
    return Response(status_code=204)


@router.get("/keys", access=(Resource.ACCOUNT, Verb.READ), operation_id="listApiKeys")
def list_keys(actor: CurrentActor, services: Given) -> form.ApiKeyList:
    """The API keys of who asks, the newest first."""
    items = [form.ApiKey(**_key(key)) for key in services.accounts.keys(actor)]
    return form.ApiKeyList(items=items, next=None, total=len(items))


@router.post(
    "/keys",
    access=(Resource.ACCOUNT, Verb.CREATE),
    operation_id="createApiKey",
    status_code=201,
)
def create_key(body: form.NewApiKey, actor: CurrentActor, services: Given) -> form.CreatedApiKey:
    """A new API key, shown this once."""
    key, secret = services.accounts.add_key(actor, body.name, Scope(body.scope))
    return form.CreatedApiKey(**_key(key), key=secret)


@router.delete(
    "/keys/{id}",
    access=(Resource.ACCOUNT, Verb.DELETE),
    operation_id="deleteApiKey",
    status_code=204,
    response_class=Response,
)
def delete_key(id: KeyId, actor: CurrentActor, services: Given) -> Response:  # noqa: A002
    """End an API key at once."""
    services.accounts.drop_key(actor, id)
    return Response(status_code=204)


@router.get("/users", access=(Resource.USER, Verb.READ), operation_id="listUsers")
def list_users(actor: CurrentActor, services: Given) -> form.UserList:
    """Everybody, for administrators."""
    items = [_user(user) for user in services.accounts.users(actor)]
    return form.UserList(items=items, next=None, total=len(items))


@router.post(
    "/users", access=(Resource.USER, Verb.CREATE), operation_id="createUser", status_code=201
)
def create_user(body: form.NewUser, actor: CurrentActor, services: Given) -> form.User:
    """A new user, by an administrator."""
    user = services.accounts.add_user(actor, body.name, admin=body.admin, password=body.password)
    return _user(user)


def _signed_in(request: Request, response: Response, found: SignIn) -> form.SignedIn:
    keep_session(request, response, found.token)
    return form.SignedIn(user=_user(found.user), token=found.token)


def _user(user: User) -> form.User:
    return form.User(name=user.name, admin=user.admin, created_at=user.created_at)


def _key(key: ApiKey) -> dict[str, Any]:
    names = ("id", "name", "hint", "scope", "created_at", "last_used_at")
    return {name: getattr(key, name) for name in names}
