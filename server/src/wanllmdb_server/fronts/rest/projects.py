"""Projects and their members."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Response

from wanllmdb_server.catalog.projects import Member
from wanllmdb_server.domain.access import Resource, Role, Verb
from wanllmdb_server.domain.project import Project
from wanllmdb_server.domain.retention import Rule
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.query import DEFAULT_LIMIT, Cursor, Limit, Words
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import projects as form
from wanllmdb_server.fronts.rest.services import Services, services_of

router = RestRouter(prefix=API, tags=["projects"], only_json=True)

Given = Annotated[Services, Depends(services_of)]

_READ = (Resource.PROJECT, Verb.READ)
_UPDATE = (Resource.PROJECT, Verb.UPDATE)


@router.get("/projects", access=_READ, operation_id="listProjects")
def list_projects(
    actor: CurrentActor,
    services: Given,
    q: Words = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> form.ProjectPage:
    """The projects that who asks may see, the newest first."""
    page = services.projects.find(actor, q=q, limit=limit, cursor=cursor)
    items = [_project(project) for project in page.items]
    return form.ProjectPage(items=items, next=page.next, total=page.total)


@router.post(
    "/projects",
    access=(Resource.PROJECT, Verb.CREATE),
    operation_id="createProject",
    status_code=201,
)
def create_project(body: form.NewProject, actor: CurrentActor, services: Given) -> form.Project:
    """A new project."""
    project = services.projects.create(
        actor, body.name, owner=body.owner, description=body.description
    )
    return _project(project)


@router.get("/projects/{owner}/{project}", access=_READ, operation_id="getProject")
def get_project(owner: str, project: str, actor: CurrentActor, services: Given) -> form.Project:
    """One project."""
    return _project(services.projects.get(actor, owner, project))


@router.patch("/projects/{owner}/{project}", access=_UPDATE, operation_id="changeProject")
def change_project(
    owner: str, project: str, body: form.ProjectPatch, actor: CurrentActor, services: Given
) -> form.Project:
    """Rename a project, describe it anew, say how long what of it is kept."""
    changed = services.projects.change(
        actor,
        owner,
        project,
        name=body.name,
        description=body.description,
        retention=_rule(body.retention) if "retention" in body.model_fields_set else "as it is",
    )
    return _project(changed)


@router.get("/projects/{owner}/{project}/retention", access=_READ, operation_id="previewRetention")
async def preview_retention(
    owner: str, project: str, actor: CurrentActor, services: Given
) -> form.RetentionPreview:
    """How long what of a project is kept, and what would go now."""
    found = await services.retention.preview(actor, owner, project)
    return form.RetentionPreview(
        rule=form.Retention(**found.rule.said()),
        own=found.own,
        **{
            kind: form.Doomed(runs=each.runs, items=each.weight.items, bytes=each.weight.bytes)
            for kind, each in found.kinds.items()
        },
    )


@router.delete(
    "/projects/{owner}/{project}",
    access=(Resource.PROJECT, Verb.DELETE),
    operation_id="deleteProject",
    status_code=204,
    response_class=Response,
)
async def delete_project(
    owner: str, project: str, actor: CurrentActor, services: Given
) -> Response:
    """Delete a project with all its runs."""
    await services.projects.delete(actor, owner, project)
    return Response(status_code=204)


@router.get("/projects/{owner}/{project}/members", access=_READ, operation_id="listMembers")
def list_members(owner: str, project: str, actor: CurrentActor, services: Given) -> form.MemberList:
    """Who was let into a project."""
    items = [_member(member) for member in services.projects.members(actor, owner, project)]
    return form.MemberList(items=items, next=None, total=len(items))


@router.put("/projects/{owner}/{project}/members/{user}", access=_UPDATE, operation_id="putMember")
def put_member(
    owner: str,
    project: str,
    user: str,
    body: form.NewMember,
    actor: CurrentActor,
    services: Given,
) -> form.Member:
    """Let a user into a project, or change as what they are in it."""
    role = Role[body.role.upper()]
    return _member(services.projects.put_member(actor, owner, project, user, role))


@router.delete(
    "/projects/{owner}/{project}/members/{user}",
    access=_UPDATE,
    operation_id="removeMember",
    status_code=204,
    response_class=Response,
)
def remove_member(
    owner: str, project: str, user: str, actor: CurrentActor, services: Given
) -> Response:
    """Put a user out of a project."""
    services.projects.remove_member(actor, owner, project, user)
    return Response(status_code=204)


def _project(project: Project) -> form.Project:
    return form.Project(
        owner=project.owner,
        name=project.name,
        description=project.description,
        created_at=project.created_at,
        updated_at=project.updated_at,
        runs=project.runs,
        running=project.running,
        role=_role(project.role),
        retention=None if project.retention is None else form.Retention(**project.retention.said()),
    )


def _rule(said: form.Retention | None) -> Rule | None:
    return None if said is None else Rule(**said.model_dump())


def _member(member: Member) -> form.Member:
    return form.Member(user=member.user, role=_role(member.role))


def _role(role: Role) -> form.Role:
    return cast("form.Role", role.name.lower())
