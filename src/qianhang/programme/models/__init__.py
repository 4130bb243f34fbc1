"""Plans and what was found in them, the work they ask for, and the numbers that show how far it is.

Process logic lives in services/, decisions in rules/. Observations are immutable by trigger (sql/observation.sql).
"""

from .evidence import Evidence
from .findings import Finding, FindingKind, FindingOrigin, FindingState
from .plans import Plan, PlanDocument
from .series import Binding, ManualSeries, ManualValue, Observation, OutsideSeries, OutsideValue, Source
from .targets import Target
from .work import (
    ExpertOpinion,
    Milestone,
    NamedSystem,
    ProgrammeTask,
    ProgressReport,
    Reminder,
    ResponsibleUnit,
    TaskDependency,
    TaskPerson,
    TaskResponsibility,
)

__all__ = [
    "Binding",
    "Evidence",
    "ExpertOpinion",
    "Finding",
    "FindingKind",
    "FindingOrigin",
    "FindingState",
    "ManualSeries",
    "ManualValue",
    "Milestone",
    "NamedSystem",
    "Observation",
    "OutsideSeries",
    "OutsideValue",
    "Plan",
    "PlanDocument",
    "ProgrammeTask",
    "ProgressReport",
    "Reminder",
    "ResponsibleUnit",
    "Source",
    "Target",
    "TaskDependency",
    "TaskPerson",
    "TaskResponsibility",
]
