"""The retrieval benchmark on collections of every shape, and the format of its report."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.collections import read
from benchmarks.retrieval import format_report, measure
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[2]
WORDS = ["做饭", "洗澡", "看病", "作业", "陪伴", "meals", "bathing", "escort", "homework", "visits", "聽力輔導"]


def write(folder: Path, *, documents: list[object], queries: list[object], qrels: str) -> Path:
    for name, rows in (("corpus", documents), ("queries", queries)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (folder / "qrels.tsv").write_text(qrels, encoding="utf-8")
    return folder


def collection(folder: Path, words: list[str], qrels: str = "{query}\t{document}\t1\n", heading: str = "") -> Path:
    return write(
        folder,
        documents=[{"_id": f"d{row}", "text": f"{word} 服务 service"} for row, word in enumerate(words)],
        queries=[{"_id": row, "text": f"需要 {word}"} for row, word in enumerate(words)],
        qrels=heading + "".join(qrels.format(query=row, document=f"d{row}") for row in range(len(words))),
    )


class TestRead:
    @pytest.mark.parametrize(
        ("heading", "line"),
        [
            ("", "{query}\t{document}\t1\n"),
            ("query-id\tcorpus-id\tscore\n", "{query}\t{document}\t1\n"),
            ("", "{query} 0 {document} 2\n"),
            ("qid\titer\tdocid\trel\n", "{query}\t0\t{document}\t1\r\n\n"),
        ],
    )
    def test_accepts_qrels_with_or_without_a_heading_and_in_the_format_of_trec(
        self, tmp_path: Path, heading: str, line: str
    ) -> None:
        result = read(collection(tmp_path, WORDS, line, heading))
        assert [list(rows) for rows in result.relevant] == [[row] for row in range(len(WORDS))]

    def test_joins_title_and_text_and_accepts_documents_without_them(self, tmp_path: Path) -> None:
        documents: list[object] = [
            {"_id": "a", "title": "助餐", "text": "上门"},
            {"_id": "b", "title": None, "text": ""},
            {"_id": "c"},
        ]
        result = read(write(tmp_path, documents=documents, queries=[{"_id": "q", "text": "饭"}], qrels="q\ta\t1\n"))
        assert result.documents == ["助餐 上门", "", ""]

    @pytest.mark.parametrize("qrels", ["", "q\tno such\t1\n", "q\ta\t0\n"])
    def test_a_collection_without_relevant_documents_is_rejected(self, tmp_path: Path, qrels: str) -> None:
        with pytest.raises(ValueError, match="no query has a relevant document"):
            read(write(tmp_path, documents=[{"_id": "a"}], queries=[{"_id": "q", "text": "饭"}], qrels=qrels))

    def test_the_error_names_the_invalid_line(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"qrels.tsv:2"):
            read(collection(tmp_path, ["饭"], heading="0\td0\t1\nx\ty\tz\n"))
        (tmp_path / "corpus.jsonl").write_text("[1]\n", encoding="utf-8")
        with pytest.raises(ValueError, match=r"corpus.jsonl:1"):
            read(tmp_path)


class TestMeasure:
    @pytest.mark.parametrize(
        "words",
        [
            WORDS,
            WORDS[:5] * 3,
            [word for word in WORDS if word.isascii()] * 3,
            ["做饭", "", "\x00", "\ud800", "?!", "洗" * 5000, "ﬁ½", "聽", "a", "做饭", "😀"],
            ["", ""],
            ["做饭"],
        ],
    )
    def test_measures_any_texts(self, tmp_path: Path, words: list[str]) -> None:
        with threadpool_limits(1):
            report = measure(read(collection(tmp_path, words)), with_vectors=False)
        for row in report["results"]:
            for name in ("ndcg@10", "recall@10", "mrr"):
                assert 0 <= row[name]["low"] <= row[name]["mean"] <= row[name]["high"] <= 1
            assert math.isfinite(row["ms_per_query"])
        assert report["collection"] in format_report(report)

    def test_prints_one_json_object(self, tmp_path: Path) -> None:
        process = subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmarks.retrieval",
                "--collection",
                collection(tmp_path, WORDS),
                "--json",
                "--lexical",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        names = [row["name"] for row in json.loads(process.stdout)["results"]]
        assert {"bm25s", "scikit-learn TF-IDF", "tuoju grams", "tuoju trained, texts"} <= set(names)
