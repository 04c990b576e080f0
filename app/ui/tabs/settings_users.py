"""Settings, Users: who may sign in, as what, and at which store."""

from typing import Any, get_args

import gradio as gr

from app.access import passwords
from app.repositories.reference import ReferenceRepository
from app.repositories.users import User, UsersRepository
from app.ui import panels, shell
from app.ui.failures import explained
from app.ui.grid import Column, Grid
from app.ui.handlers import guarded
from app.workspace import Workspace
from db.pool import Role

ROLES: list[tuple[str, Role]] = [
    (role.removeprefix("crpm_"), role) for role in get_args(Role) if role != "crpm_app"
]
_OFF = (
    "Nobody signs in here: whoever opens this page acts as administrator. Start with CRPM_AUTH=1, or on another address than "
    "127.0.0.1, to have people sign in; users added here can do so then."
)
_PASSWORD = "Tell the password to the person alone: it can be changed under the user's name at the top."  # noqa: S105


def build(workspace: Workspace, tab: gr.Tab) -> None:
    """Place and wire the section."""
    if not workspace.needs_sign_in:
        panels.view(panels.notice(_OFF))
    grid = Grid(
        [
            Column("user_name", "User"),
            Column("role", "Role", value=lambda user: user.role_name.removeprefix("crpm_")),
            Column("store", "Store", value=lambda user: user.store or "all"),
            Column("last_sign_in", "Signed in last", "timestamp", is_hidden_on_phone=True),
            Column("state", "Status", "pill", value=_state),
        ],
        label="Users",
        row_key="user_name",
        empty=("No users yet", "Add the first one."),
        elem_id="users-grid",
    )
    add = gr.Button("New user", variant="primary", scale=0, min_width=130, elem_id="users-add")
    with gr.Column(visible=False, elem_classes="card", elem_id="user-form") as form:
        head = panels.view()
        with gr.Row():
            name = gr.Textbox("", label="User name", max_lines=1, min_width=180, elem_id="user-name")
            role = gr.Dropdown(ROLES, value="crpm_clerk", label="Role", min_width=140, elem_id="user-role")
            store = gr.Dropdown(
                [("All stores", 0)], value=0, label="Store", min_width=170, elem_id="user-store"
            )
            is_active = gr.Checkbox(value=True, label="May sign in", min_width=120, elem_id="user-active")
        with gr.Row():
            password = gr.Textbox(
                "", label="New password", type="password", max_lines=1, min_width=200, elem_id="user-password"
            )
        with gr.Row():
            save = gr.Button("Save", variant="primary", scale=0, min_width=120, elem_id="user-save")
            cancel = gr.Button("Cancel", scale=0, min_width=100)
    # The user as it was when the form was opened; none for a new one.
    shown = gr.State(None)
    form_outputs = [form, shown, head, name, role, store, is_active, password]

    def show(request: gr.Request) -> Any:
        try:
            with workspace.transaction(request) as connection:
                return grid.table(UsersRepository(connection).all())
        except Exception as error:
            return panels.error_state("The users cannot be shown", explained(error))

    def filled(request: gr.Request, user: User | None) -> list[Any]:
        with workspace.transaction(request) as connection:
            stores = ReferenceRepository(connection).stores(is_active_only=False)
        hint = "A new password signs the user out everywhere; empty leaves it." if user else _PASSWORD
        return [
            gr.update(visible=True),
            user,
            panels.heading(user.user_name if user else "New user", detail=hint),
            gr.update(value=user.user_name if user else "", interactive=user is None),
            user.role_name if user else "crpm_clerk",
            gr.update(
                choices=[("All stores", 0), *((one.name, one.store_id) for one in stores)],
                value=(user.store_id if user else None) or 0,
            ),
            user.is_active if user else True,
            "",
        ]

    @guarded
    def begin(request: gr.Request) -> list[Any]:
        return filled(request, None)

    @guarded
    def open_one(event: gr.EventData, request: gr.Request) -> list[Any]:
        with workspace.transaction(request) as connection:
            found = [
                one for one in UsersRepository(connection).all() if one.user_name == Grid.opened_key(event)
            ]
        return filled(request, found[0]) if found else [gr.skip()] * len(form_outputs)

    @guarded
    def save_now(
        request: gr.Request,
        user: User | None,
        user_name: str,
        role_name: Role,
        store_id: int,
        is_active: bool,
        new: str,
    ) -> list[Any]:
        save_user(workspace, request, user, user_name, role_name, store_id or None, new, is_active=is_active)
        gr.Info("Saved.")
        return [gr.update(visible=False), show(request)]

    tab.select(show, None, grid, **shell.READ)
    add.click(begin, None, form_outputs, **shell.SAVE)
    grid.opened(open_one, None, form_outputs, **shell.SAVE)
    gr.on(
        [save.click, password.submit],
        save_now,
        [shown, name, role, store, is_active, password],
        [form, grid],
        **shell.SAVE,
    )
    cancel.click(lambda: gr.update(visible=False), None, form, **shell.READ)


def save_user(
    workspace: Workspace,
    request: gr.Request | None,
    user: User | None,
    user_name: str,
    role_name: Role,
    store_id: int | None,
    new: str,
    *,
    is_active: bool,
) -> None:
    """Add a user, or change what is another than when the form was opened; raises CrpmError with nothing changed."""
    user_name = user.user_name if user else user_name.strip().lower()
    if new or user is None:
        passwords.check_new(new, user_name=user_name)
    kept = passwords.hashed(new) if new else ""
    with workspace.transaction(request) as connection:
        users = UsersRepository(connection)
        if user is None:
            users.add(user_name=user_name, role_name=role_name, password_hash=kept, store_id=store_id)
            users.set_active(user_name, is_active=is_active)
            return
        # A role that works for all stores is given once the user is tied to none.
        if user.store_id is not None and store_id is None:
            users.set_store(user_name, store_id=None)
        if role_name != user.role_name:
            users.set_role(user_name, role_name=role_name)
        if store_id is not None and store_id != user.store_id:
            users.set_store(user_name, store_id=store_id)
        if is_active != user.is_active:
            users.set_active(user_name, is_active=is_active)
        if kept:
            users.reset_password(user_name, password_hash=kept)


def _state(user: User) -> str:
    return "inactive" if not user.is_active else "active" if user.has_password else "no password"
