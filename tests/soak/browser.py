"""A browser without a screen: it signs in, opens the page, and asks the server what a browser asks it, in its form.

It keeps what each component shows, sends that with each event, takes over what is answered, and goes on with the events
that follow from it. A browser asks some of these questions side by side; here they follow each other.
"""

import json
import re
import secrets
from collections.abc import Container
from contextlib import suppress
from typing import Any

import httpx

_CONFIG = re.compile(r"window\.gradio_config = (\{.*?\});</script>", re.DOTALL)
_FAULTS = ("Something went wrong", "cannot be reached")
# The number under which Gradio knows the page itself.
_PAGE = 0
# A change leads to the next one: a store to its prices. More than this would be a circle.
_DEEPEST = 5


class FaultError(Exception):
    """The app did not do what it is there for; the message says what it did instead."""


class Browser:
    """One signed-in user and the page that is open; for one thread."""

    def __init__(self, address: str) -> None:
        # Answers are waited for as long as a patient person would.
        self._client = httpx.Client(base_url=address, timeout=60)
        self._heartbeat: httpx.Response | None = None
        self._page = ""
        self._components: dict[int, dict[str, Any]] = {}
        self._endpoints: list[dict[str, Any]] = []
        self._values: dict[int, Any] = {}

    def sign_in(self, user_name: str, password: str) -> None:
        """Send the form of the page to sign in on."""
        answer = self._client.post("/login", data={"user_name": user_name, "password": password})
        if answer.status_code != 303:
            raise FaultError(f"signing in was answered with {answer.status_code}")

    def open(self, tab: str) -> None:
        """Open the page at a tab, in place of the one that was open."""
        self.close_page()
        answer = self._checked(self._client.get("/", params={"tab": tab}))
        found = _CONFIG.search(answer.text)
        if not found:
            raise FaultError("the page has no configuration")
        config = json.loads(found[1])
        self._components = {one["id"]: one for one in config["components"]}
        self._endpoints = config["dependencies"]
        self._values = {number: one["props"].get("value") for number, one in self._components.items()}
        self._page = secrets.token_hex(6)
        # Open as long as the page is: its end tells the server that nobody looks any more.
        beating = self._client.build_request("GET", f"/gradio_api/heartbeat/{self._page}", timeout=None)
        self._heartbeat = self._client.send(beating, stream=True)
        self.fire("load")
        self.fire("select", tab)

    def close_page(self) -> None:
        """Close the page that is open."""
        if self._heartbeat:
            self._heartbeat.close()
            self._heartbeat = None

    def close(self) -> None:
        """Sign out and leave."""
        self.close_page()
        with suppress(httpx.HTTPError):
            self._client.post("/logout")
        self._client.close()

    def value(self, name: str) -> Any:
        """What the component with this element id, or else this label, shows."""
        return self._values[self._named(name)[0]]

    def put(self, name: str, value: Any) -> None:
        """Have a component hold a value, without an event."""
        self._values[self._named(name)[0]] = value

    def fire(self, event: str, of: str = "") -> list[str]:
        """Let a component, or whatever has this event, tell the server of it; the toasts that come."""
        named = set(self._named(of)) if of else self._components.keys() | {_PAGE}
        toasts: list[str] = []
        asked = [one for one in self._endpoints if _listens(one, named, event)]
        if not asked:
            raise FaultError(f"nothing listens to {event} of {of}")
        for endpoint in asked:
            toasts += self._ask(endpoint)
        return toasts

    def change(self, name: str, value: Any) -> list[str]:
        """Type or choose a value in a field that tells of its changes."""
        self.put(name, value)
        return self.fire("change", name)

    def go_to(self, tab: str, key: str) -> None:
        """Open a record of a tab, as a click on its row does."""
        self._values[next(self._of_event(f"{tab}_opened"))] = {"tab": tab, "key": key}
        self.fire(f"{tab}_opened")

    def find(self, picker: str, text: str, scope: str) -> list[dict[str, Any]]:
        """What a picker offers for a text."""
        question = {"data": [text, scope], "component_id": self._named(picker)[0], "fn_name": "find"}
        answer = self._post("/gradio_api/component_server/", question)
        if "options" not in answer:
            raise FaultError(f"{picker} finds nothing for {text}: {answer}")
        options: list[dict[str, Any]] = answer["options"]
        return options

    def _of_event(self, event: str) -> Any:
        return (number for one in self._endpoints for number, name in one["targets"] if name == event)

    def _named(self, name: str) -> list[int]:
        """The components with this element id, or else this label."""
        for wanted in ("elem_id", "label"):
            found = [number for number, one in self._components.items() if one["props"].get(wanted) == name]
            if found:
                return found
        raise FaultError(f"the page has no {name}")

    def _ask(self, endpoint: dict[str, Any], depth: int = 0) -> list[str]:
        """Ask one endpoint, take over its answer, and ask those that follow from it."""
        toasts: list[str] = []
        changed: list[int] = []
        if endpoint["backend_fn"]:
            question = {
                "data": [self._values.get(number) for number in endpoint["inputs"]],
                "event_data": {},
                "fn_index": endpoint["id"],
                "trigger_id": endpoint["targets"][0][0],
            }
            if endpoint["queue"] is False:
                data = self._post("/gradio_api/run/predict", question)["data"]
            else:
                data, toasts = self._ask_in_turn(question)
            changed = self._take_over(endpoint["outputs"], data)
        if depth == _DEEPEST:
            raise FaultError(f"endpoint {endpoint['id']} follows from itself")
        for one in self._endpoints:
            if one["trigger_after"] == endpoint["id"] or _listens(one, changed, "change"):
                toasts += self._ask(one, depth + 1)
        return toasts

    def _ask_in_turn(self, question: dict[str, Any]) -> tuple[list[Any], list[str]]:
        """Ask what is queued and wait for its answer: the data, and the toasts that come with it."""
        event = self._post("/gradio_api/queue/join", question)["event_id"]
        toasts = []
        answers = {"session_hash": self._page}
        with self._client.stream("GET", "/gradio_api/queue/data", params=answers) as stream:
            for line in stream.iter_lines():
                told = json.loads(line[6:]) if line.startswith("data: ") else {}
                if told.get("event_id") != event:
                    continue
                if told["msg"] == "log":
                    toasts.append(str(told["log"]))
                if told["msg"] == "process_completed":
                    check(json.dumps(told["output"]) + "".join(toasts))
                    if not told["success"]:
                        raise FaultError(f"endpoint {question['fn_index']} failed: {told['output']}")
                    return told["output"]["data"], toasts
        raise FaultError("the stream of answers ended without the answer")

    def _take_over(self, outputs: list[int], data: list[Any]) -> list[int]:
        """Show what was answered; the components whose value is another one now."""
        changed = []
        for number, answer in zip(outputs, data, strict=True):
            is_update = isinstance(answer, dict) and answer.get("__type__") == "update"
            if is_update and "value" not in answer:
                continue
            value = answer["value"] if is_update else answer
            if value != self._values.get(number):
                self._values[number] = value
                changed.append(number)
        return changed

    def _post(self, path: str, question: dict[str, Any]) -> Any:
        return self._checked(self._client.post(path, json={**question, "session_hash": self._page})).json()

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code != 200:
            raise FaultError(
                f"{answer.request.url.path} was answered with {answer.status_code}: {answer.text[:200]}"
            )
        check(answer.text)
        return answer


def _listens(endpoint: dict[str, Any], components: Container[int], event: str) -> bool:
    return endpoint["backend_fn"] and any(
        event == name and number in components for number, name in endpoint["targets"]
    )


def check(text: str) -> None:
    """Raise FaultError for an answer in which the app tells of a fault of its own."""
    for fault in _FAULTS:
        if fault in text and not text.lstrip().startswith("<!"):
            place = text.index(fault)
            raise FaultError(text[place : place + 200])
