from django.urls import path

from . import board_urls, compare, compare_wordings, plans, plans_import, review, review_change, wall

urlpatterns = [
    path("plans/", plans.plan_list, name="plan_list"),
    path("plans/import/", plans_import.plan_import, name="plan_import"),
    path("plans/compare/", compare.plan_compare, name="plan_compare"),
    path("wall/", wall.wall_page, name="wall"),
    path("plans/<uuid:plan_id>/wall/", wall.wall_page, name="plan_wall"),
    path("plans/<uuid:plan_id>/versions/", compare_wordings.plan_versions, name="plan_versions"),
    path("plans/<uuid:plan_id>/", plans.plan_page, name="plan"),
    path("plans/<uuid:plan_id>/review/", review.plan_review, name="plan_review"),
    path("plans/<uuid:plan_id>/review/decisions/", review_change.plan_decide, name="plan_decide"),
    path("plans/<uuid:plan_id>/review/findings/", review_change.plan_add, name="plan_add"),
    path("plans/<uuid:plan_id>/review/findings/<uuid:finding_id>/", review_change.plan_edit, name="plan_edit"),
    *board_urls.urlpatterns,
]
