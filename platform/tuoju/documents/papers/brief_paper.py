"""The draft of the next venture-philanthropy call (公益创投征集) on paper."""

from collections.abc import Mapping

from tuoju.documents.papers.typesetting import Block, Document, Heading, Paragraph, Rows
from tuoju.plans.planning import MIN_NEEDS_IN_BRIEF, Brief, Topic
from tuoju.words.labels import label
from tuoju.words.languages import use_language
from tuoju_matching.planning import BudgetRange

_NUMERALS = "一二三四五六七八九十"
AREAS_NAMED = 5


def draft(place: str, brief: Brief, places: Mapping[str, str]) -> str:
    """The text to start from: a line a paragraph; lines that begin with 一、二、… are headings."""
    with use_language("zh_CN"):
        topics = "\n".join(_topic_words(number, topic, places) for number, topic in enumerate(brief.topics, start=1))
        return "\n".join(
            [
                "一、征集背景",
                f"根据{place}待办服务需求与现有项目名额的统筹测算，下列服务目前没有合适项目或名额不足，拟通过公益创投征集项目。",
                "二、征集方向",
                topics or "（目前没有达到公开人数要求的缺口）",
                "三、对象和方式",
                "服务对象由村（社区）救急难互助社登记并征得本人同意后转介，项目不得另行收集身份信息。",
                "四、经费测算依据",
                _cost_words(brief),
                "五、有关说明",
                f"为保护个人隐私，不足{MIN_NEEDS_IN_BRIEF}人的方向不在公开文本中列出（共{brief.left_out}人）。",
            ]
        )


def _topic_words(number: int, topic: Topic, places: Mapping[str, str]) -> str:
    return (
        f"{number}. {label('service_type', topic.category)}：面向{group_words(topic.target_group)}，"
        f"覆盖{area_words(topic, places)}；现有{topic.needs}人在等，预计{topic.person_times}人次；"
        f"参考经费{budget_words(topic.budget)}。"
    )


def group_words(code: str) -> str:
    """A vulnerable_tag, else a relief_category."""
    tag = label("vulnerable_tag", code)
    return tag if tag != label("vulnerable_tag", "?") else label("relief_category", code)


def area_words(topic: Topic, places: Mapping[str, str]) -> str:
    named = "、".join(places.get(code, code) for code in topic.townships[:AREAS_NAMED])
    more = len(topic.townships) - AREAS_NAMED
    return f"{named}等{len(topic.townships)}个乡镇" if more > 0 else named


def budget_words(budget: BudgetRange | None) -> str:
    """In yuan, to hundreds; the middle in brackets."""
    if budget is None:
        return "待定（没有同类项目的单位成本）"
    low, middle, high = (round(fen / 10_000) * 100 for fen in (budget.low, budget.middle, budget.high))
    return f"{middle:,}元左右" if low == high else f"{low:,}至{high:,}元（中位{middle:,}元）"


def _cost_words(brief: Brief) -> str:
    invented = f"，其中{brief.rates.invented}个的预算或目标为演示假设" if brief.rates.invented else ""
    return (
        f"单位成本取自项目库中{brief.rates.projects}个项目的预算除以目标人次{invented}；经费区间为同类单位成本的下四分位至上四分位"
        "乘以预计人次。人次按同类项目每个名额的目标人次估算。"
    )


def brief_paper(place: str, text: str, brief: Brief, places: Mapping[str, str], foot: str) -> Document:
    """The edited text, then the numbers as a table."""
    blocks: list[Block] = []
    for line in filter(None, (part.strip() for part in text.split("\n"))):
        heading = len(line) > 1 and line[0] in _NUMERALS and line[1] == "、"
        blocks.append(Heading(line) if heading else Paragraph(line))
    with use_language("zh_CN"):
        rows = [
            [
                label("service_type", topic.category),
                group_words(topic.target_group),
                area_words(topic, places),
                str(topic.needs),
                str(topic.person_times),
                budget_words(topic.budget),
            ]
            for topic in brief.topics
        ]
    if rows:
        blocks += [
            Heading("附：测算表"),
            Rows(["服务", "对象", "区域", "人数", "人次", "参考经费"], rows, [1.4, 1.3, 2.4, 0.7, 0.8, 2]),
        ]
    return Document(f"{place}公益创投项目征集（草案）", blocks, foot=foot)
