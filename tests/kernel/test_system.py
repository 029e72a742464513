"""Why the system refuses, said in the reader's language."""

import errno
import os
import re

import pytest

from huitong.kernel import refusal


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EISDIR, errno.ECONNREFUSED])
def test_what_is_common_is_said_in_both_languages(number: int) -> None:
    said = refusal(OSError(number, os.strerror(number), "/some/file"))
    assert said["en"] == os.strerror(number)
    assert re.fullmatch("[\u4e00-\u9fff]+", said["zh"])


def test_what_is_rare_or_has_no_number_is_said_in_the_words_there_are() -> None:
    assert refusal(OSError(errno.EXDEV, "Invalid cross-device link")) == dict.fromkeys(("en", "zh"), "Invalid cross-device link")
    assert refusal(OSError("it broke")) == {"en": "it broke", "zh": "it broke"}
    assert refusal(OSError())["zh"]
    assert refusal(TimeoutError("timed out")) == {"en": "timed out", "zh": "连接超时"}
