"""Whether tests run at their full size: ``HYPOTHESIS_PROFILE=thorough``.

The ordinary size is what fits into minutes: fewer examples, shorter chains, a coarser grid.
"""

from hypothesis import settings

THOROUGH = settings.get_current_profile_name() == "thorough"
