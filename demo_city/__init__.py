"""A synthetic city with four agencies whose true figures are all known, for demonstrations and tests.

    python -m demo_city truth --as-of 2025-09-30 --format csv --scope months

`city.City` puts together the transport bureau's registers and vehicle-days, the commerce bureau's report, the postal
files and the power company. `monthly_events` holds what happens and when, and which targets are missed. `truth` counts
every indicator of every month, and the bureaus' own figures with their few known differences.

All of it is invented; names begin with 示范 or 演示.
"""

from datetime import date

# The business day at which the demonstration stands unless a command names another one.
DEMONSTRATION_DAY = date(2025, 9, 30)
# The city that is served, and the scale of its events, unless a command names others.
DEFAULT_SEED = 20230110
RUN_VOLUME = 0.1
