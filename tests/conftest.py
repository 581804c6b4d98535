"""What holds for every test."""

from hypothesis import settings

# A machine that runs other things beside the tests may be slow at any moment: time proves nothing here.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
