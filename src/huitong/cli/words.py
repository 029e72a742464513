"""The command line's own words, in Chinese and English."""

import os

from huitong.contracts import MeasureKind
from huitong.evaluation import PAYMENT_OUTCOMES
from huitong.kernel import Language, Text

WORDS: dict[str, Text] = {
    "error": {"zh": "错误", "en": "Error"},
    "remedy": {"zh": "处理", "en": "Remedy"},
    "training_first": {
        "zh": "该策略尚无训练好的模型：先用所给数据最早的六成训练，再回放",
        "en": "the policy has no trained model yet: training on the first six tenths of the period, then replaying",
    },
    "without_model": {
        "zh": "改为不使用模型回放：仅由名单、规则与决策表决定；有了标签后请运行 `huitong train`",
        "en": "replaying without the model: lists, rules and tables decide alone; once there are labels, run `huitong train`",
    },
    "decided_before": {
        "zh": "该事件此前已决策：以上是日志中当时的答复，没有新写入",
        "en": "this event was decided before: the answer is that of the log, nothing new was written",
    },
    "interrupted": {
        "zh": "已中断；此前写入的内容都已保留；请再次运行同一命令",
        "en": "interrupted; what was written before is kept; run the same command again",
    },
    "serving": {"zh": "服务地址", "en": "serving at"},
    "local_only": {
        "zh": "该机构尚无用户：只服务本机的调用",
        "en": "the bank has no users yet: only callers on this machine are served",
    },
    "traffic": {
        "zh": "合成银行的支付已移到当下：最近两天的支付中，本次启动决策了 {count} 笔，此前启动时已决策的保持不变",
        "en": "the synthetic payments were moved to the present: {count} of the last two days were decided now, those that an earlier "
        "start decided stay as they are",
    },
    "traffic_comes": {
        "zh": "此后的支付到点即决策，最后一笔在 {last}",
        "en": "later ones are decided as they come, the last of them at {last}",
    },
    "traffic_left": {"zh": "尚余 {left} 笔支付", "en": "{left} payments are still to come"},
    "traffic_few": {
        "zh": "合成支付只余 {left} 笔，不足以走完一次发布；从头开始请以 --bank 指定空目录",
        "en": "only {left} synthetic payments are still to come, too few for a roll-out; to begin anew, name an empty folder with --bank",
    },
    "traffic_ended": {
        "zh": "合成支付已经用完（最后一笔属于 {last}），不会再有新的支付；从头开始请以 --bank 指定空目录",
        "en": "the synthetic payments have ended (the last was of {last}); to begin anew, name an empty folder with --bank",
    },
    "rolled_out": {
        "zh": "{policy} 在本机构已有发布版本，因此不再训练，也不改写：演示以现有内容继续（从头开始请以 --bank 指定空目录）",
        "en": "{policy} has versions of a roll-out in this bank, so it is neither trained again nor rewritten: the demonstration goes on "
        "with what is there (to begin anew, name an empty folder with --bank)",
    },
    "eager": {
        "zh": "快速演示：支付不分昼夜每秒两笔，影子运行与灰度各须满 100 笔、满 1 分钟；机构的默认要求为 1,000 笔、24 小时",
        "en": "an eager demonstration: two payments a second, day and night; shadow and canary ask for 100 decisions and a minute each, "
        "where a bank's defaults ask for 1,000 and 24 hours",
    },
    "console_at": {"zh": "控制台地址", "en": "the console is at"},
    "demo_password": {"zh": "演示用户的口令都是", "en": "every demo user's password"},
    "round": {"zh": "在控制台中走完一圈：", "en": "The whole round, in the console:"},
    "demo_end": {"zh": "按 Ctrl-C 结束", "en": "Ctrl-C ends it"},
    "likewise": {"zh": "同样的还有 {count} 处：{places}", "en": "likewise ({count}): {places}"},
    "reading": {"zh": "读取并校验", "en": "reading and checking"},
    "features": {"zh": "计算特征", "en": "computing features"},
    "replaying": {"zh": "回放决策", "en": "replaying decisions"},
    "training": {"zh": "训练模型", "en": "training the model"},
    "refitting": {"zh": "再次训练模型", "en": "training the model once more"},
    "thresholds": {"zh": "选择阈值", "en": "choosing thresholds"},
    "book": {"zh": "《欺诈检测手册》", "en": "Fraud Detection Handbook"},
    "rolling": {"zh": "前推检验", "en": "prequential evaluation"},
    "judging": {"zh": "评估", "en": "judging"},
    "reproducing": {"zh": "重现已记录的决策", "en": "reproducing recorded decisions"},
    "reporting": {"zh": "写报告", "en": "writing the report"},
    "generating": {"zh": "生成合成银行的一个季度", "en": "making a synthetic bank's quarter"},
    "deciding": {"zh": "逐笔决策", "en": "deciding"},
    "decided_now": {"zh": "新决策", "en": "decided"},
    "decided_earlier": {"zh": "此前已决策", "en": "decided before"},
    "left_out": {
        "zh": "个事件不由该策略决策，未作处理；请用 huitong ingest 写入",
        "en": "events are not what this policy decides, and were left out: huitong ingest takes them in",
    },
    "appending": {"zh": "写入日志", "en": "writing to the log"},
    "signatures": {"zh": "核对签名", "en": "checking signatures"},
    "key_ring": {"zh": "核对密钥环", "en": "checking the key ring"},
    "witnesses": {"zh": "通知见证方", "en": "telling the witnesses"},
    "books": {"zh": "重新推算各账簿", "en": "folding the books again"},
    "rows_s": {"zh": "行/秒", "en": "rows/s"},
    "left": {"zh": "剩余", "en": "left"},
    "version": {"zh": "版本", "en": "version"},
    "report_at": {"zh": "报告", "en": "report"},
    "reasons": {"zh": "理由", "en": "Reasons"},
    "evidence": {"zh": "证据", "en": "Evidence"},
    "feature": {"zh": "特征", "en": "feature"},
    "features_made": {
        "zh": "另有 {count} 项由日常名单与生效中的措施产生：--json 列出全部。",
        "en": "{count} more come of kept lists and measures in force: --json names all.",
    },
    "value": {"zh": "值", "en": "value"},
    "contribution": {"zh": "贡献（对数几率）", "en": "contribution (log-odds)"},
    "measures": {"zh": "措施", "en": "Measures"},
    "patterns": {"zh": "图模式", "en": "Graph patterns"},
    "change": {"zh": "最小改变", "en": "Smallest change"},
    "no_findings": {"zh": "没有发现问题", "en": "nothing found"},
    "same": {"zh": "两个版本没有差异", "en": "the two versions do not differ"},
    "unit": {"zh": "单位或类型", "en": "unit or type"},
    "title": {"zh": "含义", "en": "meaning"},
    "time": {"zh": "时间", "en": "time"},
    "amount": {"zh": "金额", "en": "amount"},
    "quarantined": {"zh": "隔离行数", "en": "rows quarantined"},
    "mend": {
        "zh": "请更正其中 original 下的值，再把该文件作为 --input 交给同一命令（映射与数据目录同前）",
        "en": "mend the values under `original` there, then give that file to the same command as --input, with the same mapping and bank",
    },
    "written": {"zh": "新写入事件", "en": "events written"},
    "repeated": {"zh": "已存在", "en": "already there"},
    "keys_turned": {"zh": "已启用新的签名密钥；请将公钥文件发给审计方", "en": "a new key signs from now on; give auditors the public keys"},
    "key_replaced": {
        "zh": "已启用新的签名密钥，日志已记录原密钥丢失；请另经可靠途径告知持有原公钥者，并发送公钥文件",
        "en": "a new key signs from now on, and the log says that the one before is lost; tell whoever holds the old public key by another "
        "way, and give them the public keys",
    },
    "master_turned": {"zh": "已用新的主密钥重新封装的密钥数", "en": "keys wrapped by the new master key"},
    "master_elsewhere": {
        "zh": '请在 bank.toml 的 [keys] 中写入 master = "{source}"：原主密钥已无法打开此日志',
        "en": 'now write master = "{source}" under [keys] in bank.toml: the key before opens this log no more',
    },
    "forgotten": {
        "zh": "已遗忘。已销毁密钥的名称：{names}；与他人共用而保留的名称：{shared}；"
        "已丢弃的特征状态与账簿：{states}；已删除的隔离行：{rows}",
        "en": "forgotten. names whose keys are destroyed: {names}; names that stay, being others' too: {shared}; "
        "feature states and books thrown away: {states}; rows set aside that are deleted: {rows}",
    },
    "list_inside": {"zh": "内含名单 {name}（字段 {of}）：{entries} 条", "en": "holds the list {name} (of {of}), entries: {entries}"},
    "names_persons": {"zh": "涉及个人：公开前请确认有权公开", "en": "it names persons: publish it only where you may"},
    "recomputed": {"zh": "已由策略包重算，逐位一致", "en": "computed again from the bundle, the same bit for bit"},
    "from_record": {"zh": "取自记录", "en": "taken from the record"},
    "held": {"zh": "在 {until} 之前不得遗忘", "en": "cannot be forgotten before {until}"},
    "lifted": {"zh": "已解除保留", "en": "no hold any more"},
    "sealing": {"zh": "封存记录", "en": "sealing records"},
    "sealed": {"zh": "已封存的记录数", "en": "records sealed"},
    "checking": {"zh": "检查日志", "en": "checking the log"},
    "copying": {"zh": "复制日志", "en": "copying the log"},
    "keys": {"zh": "复制密钥环", "en": "copying the key ring"},
    "copied": {"zh": "{size:,} 条记录，其中新复制 {new:,} 条 → {where}", "en": "{size:,} records, {new:,} of them copied now → {where}"},
    "case_files": {"zh": "案件附件", "en": "files of cases"},
    "files_copied": {
        "zh": "案件附件：新复制 {new:,} 个，已有 {there:,} 个",
        "en": "files of cases: {new:,} copied now, {there:,} there already",
    },
    "head": {"zh": "签名头", "en": "signed head"},
    "used": {
        "zh": "自此使用该日志；原日志保持不变，不再写入",
        "en": "used from here on; the old log stays as it is, and is written no more",
    },
    "keys_apart": {
        "zh": "其中没有签名密钥与主密钥（keys/）：请另行保存，勿与备份放在一起；遗忘任何人之后，请再次运行同一命令，使备份也销毁其密钥",
        "en": "the signing key and the master key (keys/) are not in it: keep them apart from it; "
        "after forgetting anyone, run the same command again, so that the backup destroys their keys too",
    },
    "restored": {"zh": "已恢复 {size:,} 条记录 → {where}", "en": "{size:,} records restored → {where}"},
    "rescued": {
        "zh": "其中 {count:,} 条不在备份中，已验证并取自原日志",
        "en": "{count:,} of them were not in the backup, and were taken from the log that was there, which vouches for them",
    },
    "aside": {
        "zh": "原日志保留为 {path}；不再需要时请删除：其中仍有日后被遗忘者的密钥",
        "en": "the log that was there is kept as {path}; delete it once it is not needed: it holds keys of whoever is forgotten later",
    },
    "forgotten_again": {"zh": "再次遗忘的人数", "en": "persons forgotten again"},
    "gave_up": {
        "zh": "未能取回的记录已不在日志中：请重新发送；为其签署、已交给见证方的签名头不再成立，请告知见证方",
        "en": "what could not be taken over is not in the log any more: send it again; heads that were signed over it, and that "
        "witnesses keep, no longer hold: tell them",
    },
    "erasures_unread": {
        "zh": "原日志无法读取：备份之后被遗忘的人，其密钥已随备份恢复；请用 --forgotten 给出其假名，或再次运行 huitong forget",
        "en": "the log that was there could not be read: whoever was forgotten since the backup has their keys back; "
        "give their pseudonyms with --forgotten, or run huitong forget again",
    },
    "upgrading": {"zh": "升级日志", "en": "bringing the log up to date"},
    "upgraded": {"zh": "已升级", "en": "brought up to date"},
    "up_to_date": {"zh": "日志已是最新结构", "en": "the log is up to date"},
    "projection": {"zh": "状态", "en": "state"},
    "offset": {"zh": "偏移", "en": "offset"},
    "measure": {"zh": "措施", "en": "measure"},
    "subject": {"zh": "对象", "en": "subject"},
    "since": {"zh": "起始", "en": "since"},
    "until": {"zh": "截止", "en": "until"},
    "ground": {"zh": "依据", "en": "ground"},
    "by_whom": {"zh": "由谁", "en": "by"},
    "id": {"zh": "编号", "en": "id"},
    "core": {"zh": "核心系统", "en": "core system"},
    "core_none": {"zh": "未接入", "en": "not set up"},
    "core_waiting": {"zh": "待发", "en": "waiting"},
    "core_sent": {"zh": "已发", "en": "sent"},
    "core_unknown": {"zh": "未知", "en": "unknown"},
    "core_taken": {"zh": "已执行", "en": "taken"},
    "core_refused": {"zh": "已拒绝", "en": "refused"},
    "wait_for_second": {"zh": "待第二人复核", "en": "Waiting for a second person"},
    "to_lift": {"zh": "解除{what}", "en": "lift {what}"},
    "to_impose": {"zh": "采取{what}", "en": "impose {what}"},
    "no_measures": {"zh": "没有生效中的措施", "en": "nothing is in force"},
    "proposed_now": {
        "zh": "已提议，须由另一人复核后生效：huitong measures confirm {id}",
        "en": "proposed; it takes effect when another person runs: huitong measures confirm {id}",
    },
    "done_now": {"zh": "已完成，编号 {id}", "en": "done, id {id}"},
    "delivered": {
        "zh": "发往核心系统：已执行 {taken}，被拒绝 {refused}，无答复 {unanswered}",
        "en": "sent to the core system: {taken} taken, {refused} refused, {unanswered} without an answer",
    },
    "innocent": {"zh": "涉及正常客户的措施", "en": "measures on the innocent"},
    "guilty": {"zh": "涉及欺诈的措施", "en": "measures on a fraud"},
    "unlabelled": {"zh": "尚无定性的措施", "en": "measures of which nobody knows yet"},
    "unjudged_by_persons": {"zh": "其中由人员采取的", "en": "of these, imposed by persons"},
    "release_median": {"zh": "正常客户等待解除：中位数", "en": "release of the innocent: median"},
    "release_p90": {"zh": "正常客户等待解除：九成之内", "en": "release of the innocent: nine in ten within"},
    "release_long": {"zh": "正常客户等待超过 {hours} 小时的占比", "en": "share of the innocent held beyond {hours} hours"},
    "money_held": {"zh": "引发暂缓或冻结的支付金额", "en": "payments that led to holds and freezes"},
    "money_held_now": {"zh": "其中措施仍生效的金额", "en": "of these, whose measure is in force"},
    "money_wrongly_held": {"zh": "其中证实为正常的金额", "en": "of these, genuine after all"},
}

OUTCOMES: dict[str, Text] = {word.name: word.title for word in PAYMENT_OUTCOMES}
"""The usual outcomes; a policy's own words stand for themselves."""

MEASURES: dict[MeasureKind, Text] = {
    "watch": {"zh": "关注", "en": "watch"},
    "step_up": {"zh": "加强验证", "en": "step up"},
    "limit": {"zh": "限额", "en": "limit"},
    "hold": {"zh": "暂缓", "en": "hold"},
    "freeze": {"zh": "冻结", "en": "freeze"},
}
"""What each kind of measure is called."""


def preferred_language(choice: str | None) -> Language:
    """The language asked for, else HUITONG_LANG, else that of the terminal."""
    wanted = choice or os.environ.get("HUITONG_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if wanted.lower().startswith("zh") else "en"
