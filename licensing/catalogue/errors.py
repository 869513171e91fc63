"""The ways the catalogue says no."""

from collections.abc import Sequence

from licensing.catalogue.model import Finding
from shared.errors import Invalid, NotFound, RuleNotMet, Unavailable


class CatalogueRefused(Invalid):
    """The once-only lint found reasons not to publish; all of them are told at once."""

    code = "catalogue-refused"
    title_en = "This catalogue may not be published; see the findings"
    title_zh = "目录未通过检查，不能发布"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings=[dict(finding._asdict()) for finding in findings])
        self.findings = tuple(findings)


class CatalogueNotPublished(Unavailable):
    """No release exists yet."""

    code = "catalogue-not-published"
    title_en = "No catalogue has been published yet"
    title_zh = "尚未发布事项目录"


class ReleaseNotFound(NotFound):
    """No release has this number."""

    code = "release-not-found"
    title_en = "There is no release of this number"
    title_zh = "没有该编号的目录版本"


class ThingNotFound(NotFound):
    """The release has no thing of this code."""

    code = "thing-not-found"
    title_en = "There is no such thing in the catalogue"
    title_zh = "目录中没有该事项"


class ThingNotOfferedInRegion(RuleNotMet):
    """Some item of the thing is not offered where it is asked for."""

    code = "thing-not-offered-in-region"
    title_en = "This thing is not offered in that region"
    title_zh = "该地区暂未开通此事项"
