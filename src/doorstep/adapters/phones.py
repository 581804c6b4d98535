"""Phone numbers by libphonenumber's tables."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult


class NumberingPlans:
    """The `Phones` port over the numbering plans of every country.

    A number is taken when its length is possible in its country. Whether it is in service only a call can
    say, and newly opened ranges would be refused by a stricter test long after they work.
    """

    def e164(self, text: str, country: str) -> str | None:
        """The E.164 form of `text`, or None; a number with an extension has none."""
        try:
            number = phonenumbers.parse(text, country)
        except NumberParseException:
            return None
        if (
            number.extension
            or phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE
        ):
            return None
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)
