"""What each event type is called, for people. With a new event, its title belongs here."""

from collections.abc import Mapping

from shared.schemas import Text

TITLES: Mapping[str, Text] = {
    "application.completed.v1": Text(zh="申请已办结", en="Application completed"),
    "application.partly-completed.v1": Text(zh="申请部分办结", en="Application partly completed"),
    "application.submitted.v1": Text(zh="申请已提交", en="Application submitted"),
    "application.withdrawn.v1": Text(zh="申请已撤回", en="Application withdrawn"),
    "case.accepted.v1": Text(zh="办件已受理", en="Case accepted"),
    "case.blocked.v1": Text(zh="办件无法继续", en="Case blocked"),
    "case.concluded.v1": Text(zh="办件已办结", en="Case concluded"),
    "case.correction-requested.v1": Text(zh="办件待补正", en="Correction of a case requested"),
    "case.decided.v1": Text(zh="办件已作出决定", en="Case decided"),
    "case.extended.v1": Text(zh="办件已延期", en="Time for a case extended"),
    "case.overdue.v1": Text(zh="办件已逾期", en="Case overdue"),
    "case.received.v1": Text(zh="办件已收件", en="Case received"),
    "case.refused.v1": Text(zh="办件不予受理", en="Case refused"),
    "case.resumed.v1": Text(zh="办件恢复办理", en="Case resumed"),
    "case.suspended.v1": Text(zh="办件已中止", en="Case suspended"),
    "case.waiting.v1": Text(zh="办件等待前置结果", en="Case waiting"),
    "case.withdrawn.v1": Text(zh="办件已撤回", en="Case withdrawn"),
    "certificate.expired.v1": Text(zh="证照已到期", en="Certificate expired"),
    "certificate.imported.v1": Text(zh="存量证照已批量导入", en="Certificates from before imported"),
    "certificate.issued.v1": Text(zh="证照已签发", en="Certificate issued"),
    "certificate.reinstated.v1": Text(zh="证照已恢复", en="Certificate reinstated"),
    "certificate.renewed.v1": Text(zh="证照已换发", en="Certificate renewed"),
    "certificate.revoked.v1": Text(zh="证照已撤销", en="Certificate revoked"),
    "certificate.withheld.v1": Text(zh="证照已暂停使用", en="Certificate withheld"),
    "correction-ticket.opened.v1": Text(zh="数据更正工单已开立", en="Correction ticket opened"),
    "data.accessed.v1": Text(zh="数据被查询", en="Data accessed"),
    "evidence.used.v1": Text(zh="证明被使用", en="Evidence used"),
    "evidence.used-reinstated.v1": Text(zh="所用证明已恢复", en="Evidence that you used is reinstated"),
    "evidence.used-revoked.v1": Text(zh="所用证明已失效", en="Evidence that you used no longer holds"),
    "party.registered.v1": Text(zh="主体已登记", en="Party registered"),
    "rating.given.v1": Text(zh="评价已提交", en="Rating given"),
    "record.corrected.v1": Text(zh="数据已更正", en="Record corrected"),
    "record.filed.v1": Text(zh="数据已归集", en="Record filed"),
    "record.imported.v1": Text(zh="存量数据已批量导入", en="Records from before imported"),
    "thing.published.v1": Text(zh="事项已发布", en="Thing published"),
}
