"""What stops the appliance from doing its work: one sentence that says what happened, one that says what to do."""

from qianhang.appliance.exits import ExitCode


class ApplianceError(Exception):
    """A refusal or a failure outside any business rule. `remedy` tells the person at the keyboard what to do next."""

    def __init__(self, what: str, *, remedy: str = "", exit_code: ExitCode = ExitCode.FAILURE) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.what}\n{self.remedy}" if self.remedy else self.what
