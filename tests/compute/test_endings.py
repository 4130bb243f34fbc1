"""How a job ended, in the reader's words. The connector's own sentences are used, so that neither drifts alone."""

import pytest
from django.utils.translation import override

from qianhang.compute.connectors.local.shim.limits import over_memory
from qianhang.compute.connectors.local.shim.outcome import Outcome, of_exit
from qianhang.compute.endings import DETAILS, ENDINGS, ending_sentence


def said(outcome: Outcome, language: str) -> str:
    with override(language):
        return ending_sentence(outcome.reason_code, outcome.reason)


@pytest.mark.parametrize(
    ("outcome", "english", "chinese"),
    [
        (of_exit(3), "The command ended with exit code 3; its log says why.", "命令以退出码 3 结束，原因见日志。"),
        (
            of_exit(139),
            "The command was ended by signal 11; its log may say why.",
            "命令被信号 11 终止，原因可查看日志。",
        ),
        (
            over_memory({"memory_limit": 256 << 20}),
            "The job used more than its 256 MiB of memory. Ask for more in resources.memory.",
            "作业使用的内存超过 256 MiB，请在 resources.memory 中申请更多。",
        ),
        (
            Outcome("failed", "time_limit", "The job reached its time limit of 60 s."),
            "The job reached its time limit of 60 s and was stopped.",
            "作业达到 60 秒的时限，已停止。",
        ),
    ],
)
def test_what_the_local_cluster_saw_is_one_sentence_in_both_languages(outcome, english, chinese):
    assert (said(outcome, "en"), said(outcome, "zh-hans")) == (english, chinese)


def test_every_sentence_of_the_local_cluster_is_known():
    from pathlib import Path
    from re import findall

    from qianhang.compute.connectors import local

    text = "".join(path.read_text("utf-8") for path in Path(local.__path__[0]).rglob("*.py"))
    codes = set(findall(r'Outcome\("\w+", "(\w+)"', text))
    assert codes
    assert codes <= set(ENDINGS)
    # These carry another program's words, or an error nobody foresaw: they are quoted.
    assert codes - set(DETAILS) <= {"supervisor_failed", "source_refused", "command_not_found"}


def test_an_unknown_detail_follows_the_sentence_of_its_code_and_an_unknown_code_is_shown():
    with override("en"):
        assert ending_sentence("start_failed", "ENOSPC") == "The cluster could not start the job. ENOSPC"
        assert ending_sentence("eaten_by_dog", "") == "eaten_by_dog"
        assert ending_sentence("", "stopped by hand") == "stopped by hand"
        assert ending_sentence("cancelled", "wrong data") == "Cancelled. wrong data"
