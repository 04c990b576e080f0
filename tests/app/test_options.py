import pytest

from app.__main__ import main


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CRPM_FORWARDED_ALLOW_IPS", "*", """write a list as '["one", "another"]'"""),
        ("CRPM_FORWARDED_ALLOW_IPS", '["somewhere"]', "forwarded_allow_ips"),
        ("CRPM_ROOT_PATH", "crpm/", "root_path"),
        ("CRPM_FRAME_ANCESTORS", '["https://a.example; script-src *"]', "frame_ancestors"),
        ("CRPM_DEMO_HOURS", "0", "demo_hours"),
    ],
)
def test_an_option_that_cannot_be_meant_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    assert main([]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert told in lines[0]
    assert all(line.startswith("error: ") for line in lines)
