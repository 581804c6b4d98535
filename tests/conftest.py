"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A machine that runs other things beside the tests may be slow at any moment: time proves nothing here.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
