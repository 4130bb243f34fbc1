"""Addresses of what a plan has become: its scoreboard, targets, tasks, systems, series, reports, public page.

Forms with a file go to addresses without an identifier (wiring.settings.UPLOAD_PATHS names them): large bodies are
taken at few addresses.
"""

from django.urls import path

from . import board, evidence, public, reports, series, series_measures, systems, targets, tasks, tasks_page

urlpatterns = [
    path("plans/<uuid:plan_id>/board/", board.plan_board, name="plan_board"),
    path("plans/<uuid:plan_id>/board/count/", board.plan_count, name="plan_count"),
    path("plans/<uuid:plan_id>/tasks/", tasks.plan_tasks, name="plan_tasks"),
    path("plans/<uuid:plan_id>/overdue/", tasks.plan_overdue, name="plan_overdue"),
    path("plans/<uuid:plan_id>/departments/", tasks.plan_departments, name="plan_departments"),
    path("plans/<uuid:plan_id>/report/", reports.plan_report, name="plan_report"),
    path("plans/<uuid:plan_id>/report.pdf", reports.plan_report_pdf, name="plan_report_pdf"),
    path("plans/<uuid:plan_id>/publication/", public.plan_publish, name="plan_publish"),
    path("plans/<uuid:plan_id>/publication/end/", public.plan_unpublish, name="plan_unpublish"),
    path("targets/<uuid:target_id>/", targets.target_page, name="target"),
    path("targets/<uuid:target_id>/source/", targets.target_bind, name="target_bind"),
    path("targets/<uuid:target_id>/source/end/", targets.target_unbind, name="target_unbind"),
    path("targets/<uuid:target_id>/facts/", targets.target_edit, name="target_edit"),
    path("targets/<uuid:target_id>/stages/", targets.target_stage, name="target_stage"),
    path("measures/", series_measures.measure_list, name="measure_list"),
    path("measures/<str:code>/", series_measures.measure_page, name="measure"),
    path("series/", series.series_list, name="series_list"),
    path("series/manual/", series.manual_series_open, name="manual_series_open"),
    path("series/manual/values/", series.manual_value_record, name="manual_value_record"),
    path("series/manual/<uuid:series_id>/", series.manual_series_page, name="manual_series"),
    path(
        "series/manual/<uuid:series_id>/values/<uuid:value_id>/", series.manual_value_review, name="manual_value_review"
    ),
    path("series/outside/", series.outside_series_open, name="outside_series_open"),
    path("series/outside/values/", series.outside_values_send, name="outside_values_send"),
    path("series/outside/<uuid:outside_id>/", series.outside_series_page, name="outside_series"),
    path("series/outside/<uuid:outside_id>/fetch/", series.outside_series_fetch, name="outside_series_fetch"),
    path("evidence/<uuid:evidence_id>/", evidence.evidence_download, name="evidence"),
    path("tasks/mine/", tasks.my_work, name="my_work"),
    path("tasks/reminders/", tasks.task_remind, name="task_remind"),
    path("tasks/reports/", tasks_page.task_report, name="task_report"),
    path("tasks/milestones/", tasks_page.milestone_reached, name="milestone_reached"),
    path("tasks/<uuid:task_id>/", tasks_page.task_page, name="programme_task"),
    path("tasks/<uuid:task_id>/state/", tasks_page.task_state, name="task_state"),
    path("tasks/<uuid:task_id>/planning/", tasks_page.task_planning, name="task_planning"),
    path("tasks/<uuid:task_id>/people/", tasks_page.task_people, name="task_people"),
    path("tasks/<uuid:task_id>/needs/", tasks_page.task_needs, name="task_needs"),
    path("tasks/<uuid:task_id>/opinions/", tasks_page.task_opinion, name="task_opinion"),
    path("systems/", systems.system_list, name="system_list"),
    path("systems/states/", systems.system_mark, name="system_mark"),
    path("systems/<uuid:system_id>/", systems.system_page, name="system"),
    path("open/", public.public_list, name="public_list"),
    path("open/<uuid:public_id>/", public.public_page, name="public_plan"),
    path("open/<uuid:public_id>/data.<str:form>", public.public_data, name="public_data"),
]
