"""Words of the commands about lists, in Chinese and English."""

from huitong.kernel import Text

LISTS_WORDS: dict[str, Text] = {
    "name": {"zh": "名单", "en": "List"},
    "title": {"zh": "标题", "en": "Title"},
    "for": {"zh": "用途", "en": "For"},
    "holds": {"zh": "对象", "en": "Holds"},
    "entries": {"zh": "生效条目", "en": "Entries"},
    "owner": {"zh": "负责人", "en": "Owner"},
    "no_lists": {"zh": "尚无名单；请用 `huitong lists open` 建立", "en": "there is no list yet; open one with `huitong lists open`"},
    "no_entries": {"zh": "没有生效中的条目", "en": "no entry holds"},
    "change": {"zh": "变动", "en": "Change"},
    "add": {"zh": "列入", "en": "add"},
    "lift": {"zh": "解除", "en": "lift"},
    "value": {"zh": "值", "en": "Value"},
    "since": {"zh": "自", "en": "Since"},
    "until": {"zh": "至", "en": "Until"},
    "ground": {"zh": "依据", "en": "Ground"},
    "reason": {"zh": "理由", "en": "Reason"},
    "by": {"zh": "由谁", "en": "By"},
    "second": {"zh": "复核人", "en": "Second"},
    "id": {"zh": "编号", "en": "Id"},
    "lifted": {"zh": "已由 {by} 解除：{ground}", "en": "lifted by {by}: {ground}"},
    "proposed_now": {
        "zh": "已提议，须由另一人复核后生效：huitong lists confirm {id}",
        "en": "proposed; it takes effect when another person runs: huitong lists confirm {id}",
    },
    "imported": {"zh": "导入 {rows} 行，拒绝 {refused} 行", "en": "{rows} rows taken in, {refused} refused"},
    "exported": {"zh": "已将 {rows} 条写入 {file}", "en": "{rows} entries written to {file}"},
}
