"""What every kind of notification says in Chinese. Nothing personal but the name of the organization."""

from collections.abc import Mapping

from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.words.entry import KindWords

WORDS: Mapping[NotificationKind, KindWords] = {
    NotificationKind.referral_received: KindWords(
        in_app="有新的转介等您答复：{{ number }}",
        headline="有一份转介等您答复",
        next_step="接收或退回都只要几秒钟。",
    ),
    NotificationKind.referral_accepted: KindWords(
        in_app="已接收：{{ number }}",
        headline="转介已被接收",
        next_step="机构会与服务对象联系。",
    ),
    NotificationKind.referral_rejected: KindWords(
        in_app="已退回，请看下一个合适的项目：{{ number }}",
        headline="转介被退回",
        next_step="请看看下一个合适的项目。",
    ),
    NotificationKind.referral_waitlisted: KindWords(
        in_app="已排队等候：{{ number }}",
        headline="转介已排队等候",
        next_step="有名额时会再通知您。",
    ),
    NotificationKind.referral_expired: KindWords(
        in_app="逾期未答复，请看下一个合适的项目：{{ number }}",
        headline="转介逾期未答复",
        next_step="请看看下一个合适的项目。",
    ),
    NotificationKind.referral_cancelled: KindWords(
        in_app="转出方已撤回：{{ number }}",
        headline="转介已撤回",
        next_step="不用再答复。",
        sms="编号{{ number }}的转介已撤回，不用再答复。 {{ link }}",
        email="""\
转介已撤回：{{ number }}

您好，

编号 {{ number }} 的转介已撤回，不用再答复。谢谢您。

{{ link }}
""",
    ),
    NotificationKind.referral_completed: KindWords(
        in_app="已办结，请回访服务对象：{{ number }}",
        headline="转介已办结",
        next_step="请回访服务对象。",
    ),
    NotificationKind.referral_failed: KindWords(
        in_app="未能提供服务：{{ number }}",
        headline="转介未能完成",
        next_step="请看看原因，再找一个项目。",
    ),
    NotificationKind.referral_question: KindWords(
        in_app="接收单位有疑问：{{ number }}",
        headline="机构对转介有疑问",
        next_step="请尽快回复，机构在等您。",
    ),
    NotificationKind.complaint_opened: KindWords(
        in_app="转介 {{ number }} 的服务对象不满意，等您答复",
        headline="有服务对象不满意",
        next_step="请联系本人，在期限内答复。",
    ),
    NotificationKind.referral_reply: KindWords(
        in_app="您的问题有回复了：{{ number }}",
        headline="您的疑问有了回复",
        next_step="看过之后就可以答复转介。",
        sms="编号{{ number }}的转介有新回复：{{ link }}",
        email="""\
转介有新回复：{{ number }}

您好，

编号 {{ number }} 的转介有新回复：
{{ link }}
""",
    ),
    NotificationKind.contact_change_proposed: KindWords(
        in_app="请确认或拒绝本机构的新联系方式",
        headline="有部门申请更改您机构的联系方式",
        next_step="请核对新的联系方式，转介链接将发到那里。",
        sms="有部门申请更改您机构的联系方式，请确认或拒绝：{{ link }}",
        email="""\
请确认或拒绝本机构的新联系方式

您好，

有部门申请更改您机构的联系方式。转介链接会发给该联系人。
请在这里确认或拒绝：
{{ link }}

在您确认之前，联系方式不会改变。
""",
    ),
    NotificationKind.address_to_confirm: KindWords(
        in_app="请确认您的联系方式",
        headline="请确认您的联系方式",
        next_step="请在7天内打开链接。",
        sms="请确认此号码用于接收托举平台的消息：{{ link }} 如非本人操作，请忽略。",
        email="""\
请确认此邮箱

您好，

有人填写此邮箱来接收托举平台的消息。请在7天内确认：
{{ link }}

如果不是您本人，请不必理会，我们不会再向此邮箱发送消息。
""",
    ),
    NotificationKind.contact_changed: KindWords(
        in_app="本机构的联系方式已更改",
        headline="您机构的联系方式已更改",
        next_step="如果不是您要求的，请联系民政部门。",
        sms="您机构的联系方式已更改。如果不是您要求的，请联系民政部门：{{ link }}",
        email="""\
本机构的联系方式已更改

您好，

您机构的联系方式已更改，今后转介链接会发给新的联系人。

如果不是您要求的，请联系民政部门：
{{ link }}
""",
    ),
    NotificationKind.first_visit_planned: KindWords(
        in_app="首次上门时间已定：{{ number }}",
        headline="首次上门日期已定",
        next_step="请告诉服务对象。",
    ),
    NotificationKind.link_wanted: KindWords(
        in_app="接收单位申请新链接：{{ number }}",
        headline="机构需要新的答复链接",
        next_step="请核对后重新发送。",
    ),
    NotificationKind.link_sent: KindWords(
        in_app="转介的新链接：{{ number }}",
        headline="您要的新链接",
        next_step="旧链接已经打不开了。",
        sms="编号{{ number }}的转介，新链接：{{ link }}",
        email="""\
转介的新链接：{{ number }}

您好，

编号 {{ number }} 的转介，新链接：
{{ link }}

旧链接已失效。链接只能打开这一件转介，请勿转发给外单位。
""",
    ),
    NotificationKind.referral_stuck: KindWords(
        in_app="多次转介无人接收，请协调：个案{{ number }}",
        headline="转介没有下一步",
        next_step="请您来决定怎么办。",
    ),
    NotificationKind.referral_expiring: KindWords(
        in_app="请在{{ day }}前答复：{{ number }}",
        headline="有一份转介快到答复期限",
        next_step="接收或退回都只要几秒钟。",
    ),
    NotificationKind.visit_due: KindWords(
        in_app="请在{{ day }}前完成首次上门：{{ number }}",
        headline="首次上门快到期限",
        next_step="去过之后请记一笔。",
    ),
    NotificationKind.deadline_ahead: KindWords(
        in_app="{{ day }}到期：{{ matter }}，{{ number }}",
        headline="有一件事快到期限",
        next_step="请抓紧办理。",
    ),
    NotificationKind.deadline_due: KindWords(
        in_app="今天到期：{{ matter }}，{{ number }}",
        headline="有一件事今天到期",
        next_step="请在今天办好。",
    ),
    NotificationKind.deadline_overdue: KindWords(
        in_app="已超时（{{ day }}到期）：{{ matter }}，{{ number }}",
        headline="有一件事已超时",
        next_step="请尽快办理。",
    ),
    NotificationKind.deadline_escalated: KindWords(
        in_app="已超时（{{ day }}到期），请督办：{{ matter }}，{{ number }}",
        headline="下级有一件事超时",
        next_step="请过问一下。",
    ),
    NotificationKind.resident_referred: KindWords(
        in_app="您的需求已转给{{ organization }}",
        headline="您的需求已转给服务单位",
        next_step="单位会联系您，不用交钱。",
        sms="您反映的困难，已转给{{ organization }}。他们会给您打电话，不用交钱。详情：{{ link }}",
    ),
    NotificationKind.resident_accepted: KindWords(
        in_app="{{ organization }}已答应帮您",
        headline="服务单位已答应帮您",
        next_step="单位会联系您，不用交钱。",
        sms="{{ organization }}已答应帮您，会先打电话再上门，不用交钱。详情：{{ link }}",
    ),
    NotificationKind.resident_visit: KindWords(
        in_app="{{ organization }}定于{{ day }}上门",
        headline="上门服务的日子已定",
        next_step="日子不合适，请告诉村协理员。",
        sms="{{ organization }}定于{{ day }}上门。日子不合适，请告诉村协理员。详情：{{ link }}",
    ),
    NotificationKind.resident_closed: KindWords(
        in_app="{{ organization }}的服务已结束",
        headline="这次服务已结束",
        next_step="不满意或还有困难，请告诉村协理员。",
        sms="{{ organization }}的服务已结束。满不满意、还有什么困难，点这里告诉我们：{{ link }}",
    ),
    NotificationKind.gap_found: KindWords(
        in_app="个案 {{ number }} 有需求找不到合适的项目",
        headline="有一项需求没有合适的项目",
        next_step="已记入供需缺口。",
    ),
    NotificationKind.safety_alarm: KindWords(
        in_app="有一件警报等您处理：有人可能正处在危险中",
        headline="有一件警报等您处理",
        next_step="请马上打开处理。",
    ),
    NotificationKind.safety_question: KindWords(
        in_app="有一段话可能表示有人处在危险中，请您看一看",
        headline="有一段话可能表示有人处在危险中",
        next_step="请在今天看一看。",
    ),
    NotificationKind.override_to_review: KindWords(
        in_app="有一件紧急转介等您复核",
        headline="有一件紧急转介等您复核",
        next_step="请在今天看一看。",
    ),
    NotificationKind.duplicate_to_settle: KindWords(
        in_app="辖区内有两份档案可能是同一个人",
        headline="有两份档案可能是同一个人",
        next_step="请核对两份档案，再作决定。",
    ),
    NotificationKind.duplicate_without_officer: KindWords(
        in_app="有两份档案可能是同一个人，但没有同时管辖两地的工作人员",
        headline="有两份档案可能是同一个人",
        next_step="请为同时管辖两地的单位开设账号。",
    ),
    NotificationKind.files_joined: KindWords(
        in_app="您建立的一份档案已与该人原有的档案合并",
        headline="同一个人的两份档案已合并",
        next_step="您办理的个案不变；档案由谁保管，可以问乡镇。",
    ),
    NotificationKind.number_to_compare: KindWords(
        in_app="请对照证件核对一份档案的身份证号",
        headline="请对照证件核对身份证号",
        next_step="号码有误请更正档案；无误请告诉乡镇。",
    ),
    NotificationKind.budget_alarm: KindWords(
        in_app="辖区内有人今天查看个人信息已用到限额的{{ percent }}%",
        headline="有人查看个人信息接近或用完当日限额",
        next_step="请看一看今天谁查看了多少。",
    ),
    NotificationKind.plan_ready: KindWords(
        in_app="统筹方案{{ number }}已测算完成，请查看",
        headline="分配方案已算好",
        next_step="请看一看，再决定是否批准。",
    ),
    NotificationKind.job_ended: KindWords(
        in_app="您的导入或导出（{{ number }}号）已处理完，请查看结果",
        headline="导入或导出已处理完",
        next_step="请看一看结果；试导入需要您确认。",
    ),
    NotificationKind.plan_sent: KindWords(
        in_app="统筹方案{{ number }}的转介已发出",
        headline="方案里的转介已发出",
        next_step="可以看看各条的进展。",
    ),
    NotificationKind.plan_referred: KindWords(
        in_app="县里统筹方案已转介个案{{ number }}的需求",
        headline="一项需求已按县里方案转介",
        next_step="请告诉服务对象。",
    ),
    NotificationKind.consent_wanted: KindWords(
        in_app="县里为个案{{ number }}的需求安排了名额，请征得本人同意",
        headline="有一项转介等服务对象同意",
        next_step="请当面或电话征得同意。",
    ),
    NotificationKind.call_to_confirm: KindWords(
        in_app="征集{{ number }}有一步等第二人确认",
        headline="征集有一步等第二人确认",
        next_step="请看过征集内容，再确认或不同意。",
    ),
    NotificationKind.call_opened: KindWords(
        in_app="公益创投征集{{ number }}已发布：{{ title }}，{{ day }}截止",
        headline="新的公益创投征集已发布",
        next_step="请看征集方向，在截止日前申报。",
    ),
    NotificationKind.call_extended: KindWords(
        in_app="征集{{ number }}延期至{{ day }}截止",
        headline="公益创投征集已延期",
        next_step="新的截止日对所有申报单位一样。",
    ),
    NotificationKind.call_cancelled: KindWords(
        in_app="征集{{ number }}已取消",
        headline="公益创投征集已取消",
        next_step="原因写在征集页面上。",
    ),
    NotificationKind.call_question: KindWords(
        in_app="有组织对征集{{ number }}提问",
        headline="有组织对征集提问",
        next_step="请在征集页面答复，答复对所有人公开。",
    ),
    NotificationKind.application_received: KindWords(
        in_app="申报书{{ number }}已收到",
        headline="申报书已收到",
        next_step="请保存回执编号。",
    ),
    NotificationKind.application_came_in: KindWords(
        in_app="收到申报书{{ number }}",
        headline="收到一份申报书",
        next_step="可在征集页面查看名单。",
    ),
    NotificationKind.call_hat: KindWords(
        in_app="您受邀参与征集{{ number }}的评审或管理工作",
        headline="您受邀参与一次征集的工作",
        next_step="请打开查看您的身份和待办事项。",
    ),
    NotificationKind.application_to_complete: KindWords(
        in_app="申报书{{ number }}需要补正",
        headline="申报书需要补正",
        next_step="请在期限内补正，只有一次机会。",
    ),
    NotificationKind.application_completed: KindWords(
        in_app="申报书{{ number }}已补正",
        headline="一份申报书已补正",
        next_step="请继续预审。",
    ),
    NotificationKind.application_ineligible: KindWords(
        in_app="申报书{{ number }}未通过资格预审",
        headline="申报书未通过资格预审",
        next_step="理由和异议期限写在申报书页面上。",
    ),
    NotificationKind.reviews_assigned: KindWords(
        in_app="征集{{ number }}有申报书待您评审",
        headline="有申报书待您评审",
        next_step="请先逐份声明利益关系，再打开阅读。",
    ),
    NotificationKind.review_to_replace: KindWords(
        in_app="征集{{ number }}有评委回避",
        headline="有评委回避",
        next_step="请指派另一名评委。",
    ),
    NotificationKind.call_answered: KindWords(
        in_app="征集{{ number }}的一个提问已公开答复",
        headline="征集的一个提问已公开答复",
        next_step="请在征集页面查看答复。",
    ),
    NotificationKind.account_invited: KindWords(
        in_app="您的账号已经开通",
        headline="您的账号已经开通",
        next_step="请打开链接，自己设置密码。链接只能用一次。",
        sms="您的托举账号已经开通，请打开链接自己设置密码（只能用一次）：{{ link }}",
        email="""\
托举：请设置您的密码

您好，

您的账号已经开通（或者重新发出邀请），请打开链接，自己设置密码：
{{ link }}

链接只能用一次，几天内有效。请不要转给别人：别人不需要它，也不会有人向您要密码。
""",
    ),
    NotificationKind.grant_to_confirm: KindWords(
        in_app="有管理员账号等待第二位管理员确认",
        headline="有管理员账号等待第二位管理员确认",
        next_step="请先向提出的人核实，再到账号页面确认或者不同意。",
    ),
    NotificationKind.consent_withdrawn: KindWords(
        in_app="服务对象本人撤回了同意（编号{{ number }}）",
        headline="服务对象本人撤回了同意",
        next_step="请看一看还有哪些事要接着办。",
    ),
    NotificationKind.erasure_waiting: KindWords(
        in_app="有{{ number }}件个人信息删除事项等您决定",
        headline="有个人信息删除事项等您决定",
        next_step="请核对后批准，或说明继续保存的理由。",
    ),
    NotificationKind.daily_digest: KindWords(
        in_app="今天：超时{{ overdue }}件，到期{{ due_today }}件，待答复{{ to_answer }}件",
        headline="今天要办的事",
        email="""\
托举：今天要办的事

您好，今天有这些事等您：
{% if overdue %}· {{ overdue }}件个案已超时
{% endif %}
{% if due_today %}· {{ due_today }}件个案今天到期
{% endif %}
{% if due_next %}· {{ due_next }}件个案明天（下一工作日）将超时
{% endif %}
{% if to_answer %}· {{ to_answer }}件转介等待答复
{% endif %}

{{ link }}
""",
    ),
}
