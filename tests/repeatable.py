"""How Hypothesis is run: the same cases every time, or as many new ones as ``ABATE_EXAMPLES`` asks for."""

import os

from hypothesis import HealthCheck, Phase, settings


def repeatable(examples: int) -> settings:
    """Return settings under which a run without ``ABATE_EXAMPLES`` fails only for what was changed.

    No smaller example is looked for: a cohort takes minutes to shrink, and the message names the patient.
    """
    return settings(
        max_examples=int(os.environ.get("ABATE_EXAMPLES", examples)),
        derandomize="ABATE_EXAMPLES" not in os.environ,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
