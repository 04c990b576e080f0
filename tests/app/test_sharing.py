import pytest

from app.config import Settings
from app.sharing import NoLinkError, shared
from app.start import StartError, run


def test_a_link_without_sign_in_is_refused() -> None:
    with pytest.raises(StartError, match="add --auth, or --demo, to --share"):
        run(Settings(share=True, port=0))


def test_without_the_internet_there_is_no_link_and_the_reason_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with (
        pytest.raises(NoLinkError, match=r"gradio\.live: .*needs access to the internet") as refused,
        shared(1),
    ):
        pass
    assert "\n" not in str(refused.value)
