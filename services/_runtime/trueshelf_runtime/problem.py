"""What an HTTP client is told when something is wrong: `application/problem+json` (RFC 9457)."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One field of the request that is wrong."""

    field: str = Field(description="where: body.viewport.width, query.limit, header.idempotency-key")
    message: str


class ProblemView(BaseModel):
    """The body of every answer that is not a success."""

    type: str = Field(default="about:blank")
    title: str = Field(description="what kind of problem, for people")
    status: int
    code: str = Field(description="the same in a word for programs")
    detail: str = Field(description="what was wrong and where")
    advice: str = Field(default="", description="what to do about it")
    correlation_id: str = Field(default="", description="quote it when you ask for help; every log line has it")
    errors: list[FieldProblem] = Field(default_factory=list)


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """Raised by an endpoint or a dependency; becomes the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        advice: str = "",
        *,
        headers: dict[str, str] | None = None,
        errors: Sequence[FieldProblem] = (),
    ) -> None:
        super().__init__(status, code, message, advice)
        self.status = status
        self.code = code
        self.message = message
        self.advice = advice
        self.headers = headers or {}
        self.errors = list(errors)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ProblemView, "description": "refused; the body says what, where and what to do"},
    "5XX": {"model": ProblemView, "description": "not now; try again"},
}
