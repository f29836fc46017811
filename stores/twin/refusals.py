"""What Shopify refuses: user errors, and the schema's sentence for each code."""

from collections.abc import Sequence
from dataclasses import dataclass

from stores.twin.errors import TwinError

__all__ = ["Refusal", "RefusedError", "refuse"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A user error: what GraphQL calls `field`, `message` and, where it has one, `code`."""

    field: list[str]
    message: str
    code: str | None = None
    element_index: int | None = None

    def under(self, *path: str) -> "Refusal":
        return Refusal([*path, *self.field], self.message, self.code, self.element_index)


class RefusedError(TwinError):
    """A deed that does not happen, with everything that speaks against it."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__("; ".join(each.message for each in refusals))
        self.refusals: Sequence[Refusal] = refusals


def refuse(code: str, *field: str) -> Refusal:
    """A refusal in the words of the schema's description of its code."""
    return Refusal(list(field), _SENTENCES[code], code)


_SENTENCES = {
    "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT": "The variant does not exist.",
    "CANNOT_DELETE_ALL_OPTION_VALUES_IN_OPTION": (
        "Deleting all option values of an option is not allowed."
    ),
    "CANNOT_DELETE_LAST_VARIANT": "Cannot delete default variant.",
    "CANNOT_DELETE_OPTION_WITH_MULTIPLE_VALUES": "Can't delete option with multiple values.",
    "CANNOT_LEAVE_OPTIONS_WITHOUT_VARIANTS": (
        "An option cannot be left only with option values that are not linked to any variant."
    ),
    "CANNOT_USE_NON_DESTRUCTIVE_STRATEGY": "Cannot delete options without deleting variants.",
    "DUPLICATED_OPTION_NAME": "Duplicated option name.",
    "DUPLICATED_OPTION_VALUE": "Duplicated option value.",
    "DUPLICATED_VARIANT_ID": "Product variant IDs must be unique.",
    "INVALID_NAME": "The name provided is not valid.",
    "INVALID_POSITION": "The option position provided is not valid.",
    "MISSING_OPTION_NAME": "Missing option name.",
    "MISSING_OPTION_VALUE": "Missing option value.",
    "MISSING_VARIANT": "Product variant does not exist.",
    "MIXING_ID_AND_NAME_KEYS_IS_NOT_ALLOWED": (
        "Cannot specify different options or option values using mixed id and name reference key."
    ),
    "NEED_TO_ADD_OPTION_VALUES": "Variant options are not enough.",
    "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE": (
        "Inventory quantities can only be provided during create. "
        "To update inventory for existing variants, use inventoryAdjustQuantities."
    ),
    "NO_KEY_ON_CREATE": "On create, this key cannot be used.",
    "OPTIONS_DO_NOT_BELONG_TO_THE_SAME_PRODUCT": "Options do not belong to the same product.",
    "OPTIONS_OVER_LIMIT": "Options count is over the allowed limit.",
    "OPTION_ALREADY_EXISTS": "Option already exists.",
    "OPTION_DOES_NOT_EXIST": "Option does not exist.",
    "OPTION_ID_DOES_NOT_EXIST": "Option id does not exist.",
    "OPTION_NAME_DOES_NOT_EXIST": "Option name does not exist.",
    "OPTION_NAME_MISSING": "Each option must have a name specified.",
    "OPTION_NAME_TOO_LONG": "Option name is too long.",
    "OPTION_POSITION_MISSING": "If specified, position field must be present in all option inputs.",
    "OPTION_VALUES_FOR_NUMBER_OF_UNKNOWN_OPTIONS": (
        "Variant options are more than the product options."
    ),
    "OPTION_VALUES_MISSING": "Each option must have at least one option value specified.",
    "OPTION_VALUE_ALREADY_EXISTS": "Option value already exists.",
    "OPTION_VALUE_CONFLICTING_OPERATION": "Performing conflicting actions on an option value.",
    "OPTION_VALUE_DOES_NOT_EXIST": "Option value does not exist.",
    "OPTION_VALUE_HAS_VARIANTS": "Option value with variants linked cannot be deleted.",
    "OPTION_VALUE_ID_DOES_NOT_EXIST": "Option value id does not exist.",
    "OPTION_VALUE_NAME_TOO_LONG": "Option value name is too long.",
    "POSITION_OUT_OF_BOUNDS": (
        "Position must be between 1 and the maximum number of options per product."
    ),
    "PRODUCT_DOES_NOT_EXIST": "Product does not exist.",
    "PRODUCT_OPTIONS_INPUT_MISSING": "Must specify product options when updating variants.",
    "PRODUCT_VARIANT_DOES_NOT_EXIST": "Product variant does not exist.",
    "PRODUCT_VARIANT_ID_MISSING": "Product variant is missing ID attribute.",
    "TOO_MANY_VARIANTS_CREATED": (
        "The number of option values created with this strategy would exceed the variant limit."
    ),
    "TRACKED_VARIANT_LOCATION_NOT_FOUND": (
        "Quantity could not be set. The location was not found."
    ),
    "VARIANTS_INPUT_MISSING": "Must specify variants when updating options.",
    "VARIANTS_OVER_LIMIT": "Number of product variants exceeds shop limit.",
    "VARIANT_ALREADY_EXISTS": "Variant already exists.",
    "VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE": (
        "Variant options already exist. Please change the variant option(s)."
    ),
}
