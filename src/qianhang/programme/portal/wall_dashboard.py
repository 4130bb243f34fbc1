"""What the programme says on a person's dashboard: where the plan stands, and what waits for this person."""

from qianhang.core.access import Actor, Permission
from qianhang.portal.views import Panel

from ..labels import LIGHTS
from ..queries.board import scoreboard
from ..queries.plans import plan_rows, plans_seen
from ..queries.wall import newest_plan
from ..queries.work import my_work
from ..rules.light import Light


def plan_panel(actor: Actor) -> Panel | None:
    """For the programme office: the newest plan with its lights, or the first step to one."""
    if not actor.may(Permission.PLAN_OVERSEE):
        return None
    plan = newest_plan(actor)
    board = scoreboard(actor=actor, plan_id=plan.id) if plan else None
    unread = plans_seen(actor=actor).order_by("-created_at")[:1] if board is None else []
    return Panel(
        "programme/wall_dashboard.html",
        {
            "board": board,
            "lights": [(light.value, LIGHTS[light], board.lights[light]) for light in Light] if board else [],
            "unread": next(iter(plan_rows(list(unread))), None),
            "may_manage": actor.may(Permission.PLAN_MANAGE),
        },
    )


def department_panel(actor: Actor) -> Panel | None:
    """For a department that a plan gives tasks or targets to."""
    if not actor.may(Permission.PLAN_VIEW) or actor.may(Permission.PLAN_OVERSEE):
        return None
    work = my_work(actor=actor)
    if not work.tasks and not work.targets:
        return None
    return Panel("programme/wall_dashboard_department.html", {"work": work})
