"""`python -m demo_city`: the demonstration city's command line."""

from demo_city.commands import app

app(prog_name="python -m demo_city")
