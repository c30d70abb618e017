"""A synthetic city with four agencies whose true figures are all known, for demonstrations and tests.

The model: `city.City` puts together the transport bureau's registers, vehicle-days (`vehicle_days`), the
commerce bureau's report (`commerce_forms`), the postal files (`postal_forms`) and the power company (`power_operator`
over `charging_network` and `charging_sessions`). `monthly_events` holds what happens and when, and which targets are
missed. The truth: `truth` counts every indicator of every month from those objects (`as_of_state`, `truth_measures`,
`truth_status`, `plan_targets`); `truth.reported_figures` gives the bureaus' own with their few known differences.

    python -m demo_city truth --as-of 2025-09-30 --format csv --scope months

All of it is invented; names begin with 示范 or 演示.
"""

from datetime import date

# The business day at which the demonstration stands unless a command names another one.
DEMONSTRATION_DAY = date(2025, 9, 30)
# The city that is served, and the scale of its events, unless a command names others.
DEFAULT_SEED = 20230110
RUN_VOLUME = 0.1
