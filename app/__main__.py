"""`python -m app`: start the database, fill it the first time, and serve the app until Ctrl-C.

`python -m app user` says who may sign in, `python -m app report` writes figures into a file.
"""

import sys

from pydantic import ValidationError
from pydantic_settings import CliApp, SettingsError

from app import report
from app.access import users
from app.config import Settings
from app.start import StartError, run
from db.embedded import end_by_exception
from db.errors import ServerError

_COMMANDS = {"user": users.main, "report": report.main}


def main(arguments: list[str]) -> int:
    """Run the app with these options; returns the exit status."""
    command = _COMMANDS.get(arguments[0]) if arguments else None
    try:
        settings = CliApp.run(Settings, cli_args=[] if command else arguments)
    except ValidationError as error:
        for problem in error.errors():
            print(f"error: {'.'.join(map(str, problem['loc']))}: {problem['msg']}", file=sys.stderr)
        return 2
    except SettingsError as error:
        print(f"""error: {error}: write a list as '["one", "another"]'""", file=sys.stderr)
        return 2
    end_by_exception()
    try:
        if command:
            return command(arguments[1:], settings)
        run(settings)
    except (ServerError, StartError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
