"""`python -m app`: start the database, fill it the first time, and serve the app until Ctrl-C."""

import sys

from pydantic import ValidationError
from pydantic_settings import CliApp

from app.config import Settings
from app.start import StartError, run
from db.embedded import end_by_exception
from db.errors import ServerError


def main(arguments: list[str]) -> int:
    """Run the app with these options; returns the exit status."""
    try:
        settings = CliApp.run(Settings, cli_args=arguments)
    except ValidationError as error:
        for problem in error.errors():
            print(f"error: {'.'.join(map(str, problem['loc']))}: {problem['msg']}", file=sys.stderr)
        return 2
    end_by_exception()
    try:
        run(settings)
    except (ServerError, StartError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
