"""`python -m outlay` is the command `outlay`."""

from outlay.tools.cli import main

main(prog_name="outlay")
