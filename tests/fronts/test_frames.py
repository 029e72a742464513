"""Frames come out as they went in, in whatever pieces they arrive."""

from hypothesis import given
from hypothesis import strategies as st

from huitong.fronts.frames import Answer, Asked, Frames, decode_answers, decode_asked, frame_of

_pairs = st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40)), max_size=5)
_ends = st.tuples(st.text(max_size=20), st.integers(0, 65_535))
_asked = st.builds(
    Asked,
    st.integers(0, 2**60),
    st.sampled_from(["GET", "POST"]),
    st.text(max_size=30),
    st.binary(max_size=30),
    _pairs,
    st.binary(max_size=300),
    _ends,
    _ends,
    st.integers(0, 2**62),
)
_answers = st.builds(Answer, st.integers(0, 2**60), st.integers(100, 599), st.binary(max_size=60), st.binary(max_size=300))


@given(st.lists(st.lists(_asked, max_size=4), max_size=4), st.lists(st.lists(_answers, max_size=4), max_size=4), st.data())
def test_frames_come_out_whole_in_whatever_pieces_they_arrive(
    asked: list[list[Asked]], answers: list[list[Answer]], data: st.DataObject
) -> None:
    sent = b"".join(map(frame_of, asked)) + b"".join(map(frame_of, answers))
    frames, heard = Frames(), list[bytes]()
    while sent:
        size = data.draw(st.integers(1, len(sent)))
        heard += frames.feed(sent[:size])
        sent = sent[size:]
    assert [decode_asked(one) for one in heard[: len(asked)]] == asked
    assert [decode_answers(one) for one in heard[len(asked) :]] == answers
