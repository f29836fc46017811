"""The schema's sentence for each code of a user error that the twin can give."""

__all__ = ["SENTENCES"]

SENTENCES = {
    "ALT_VALUE_LIMIT_EXCEEDED": "The alt value exceeds the maximum limit of 512 characters.",
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
    "FILENAME_ALREADY_EXISTS": "The provided filename already exists.",
    "FILE_DOES_NOT_EXIST": "File does not exist.",
    "FILE_LOCKED": "File has a pending operation.",
    "ID_NOT_ALLOWED": "The id field is not allowed if identifier is provided.",
    "INPUT_MISMATCH": (
        "The identifier value does not match the value of the corresponding field in the input."
    ),
    "INVALID_DUPLICATE_MODE_FOR_TYPE": (
        "Duplicate resolution mode is not supported for this file type."
    ),
    "INVALID_FAILED_MEDIA_STATE": "File cannot be updated in a failed state.",
    "INVALID_FILENAME": "The provided filename is invalid.",
    "INVALID_FILENAME_EXTENSION": "Invalid filename extension.",
    "INVALID_IMAGE_SOURCE_URL": "Invalid image source url value provided.",
    "INVALID_MEDIA_TYPE": "Invalid media type.",
    "INVALID_NAME": "The name provided is not valid.",
    "INVALID_POSITION": "The option position provided is not valid.",
    "INVENTORY_QUANTITIES_LIMIT_EXCEEDED": (
        "Inventory quantity input exceeds the limit of 50000. Consider using separate "
        "`inventorySetQuantities` mutations."
    ),
    "MAXIMUM_VARIANT_MEDIA_PAIRS_EXCEEDED": (
        "Exceeded the maximum number of 100 variant-media pairs per mutation call."
    ),
    "MEDIA_DOES_NOT_EXIST": "Media does not exist.",
    "MEDIA_DOES_NOT_EXIST_ON_PRODUCT": "Media does not exist on the given product.",
    "MEDIA_IS_NOT_ATTACHED_TO_VARIANT": (
        "The specified media is not attached to the specified variant."
    ),
    "METAFIELD_MISMATCH": (
        "The input argument `metafields` (if present) must contain the `customId` value."
    ),
    "MISMATCHED_FILENAME_AND_ORIGINAL_SOURCE": (
        "Cannot create file with custom filename which does not match original source extension."
    ),
    "MISSING_FIELD_REQUIRED": "The input field corresponding to the identifier is required.",
    "MISSING_FILENAME_FOR_DUPLICATE_MODE_REPLACE": (
        "Duplicate resolution mode REPLACE cannot be used without specifying filename."
    ),
    "MISSING_OPTION_NAME": "Missing option name.",
    "MISSING_OPTION_VALUE": "Missing option value.",
    "MISSING_VARIANT": "Product variant does not exist.",
    "MIXING_ID_AND_NAME_KEYS_IS_NOT_ALLOWED": (
        "Cannot specify different options or option values using mixed id and name reference key."
    ),
    "NEED_TO_ADD_OPTION_VALUES": "Variant options are not enough.",
    "NON_READY_MEDIA": "Non-ready media are not supported.",
    "NON_READY_STATE": "The file is not in the READY state.",
    "NOT_FOUND": "Resource matching the identifier was not found.",
    "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE": (
        "Inventory quantities can only be provided during create. To update inventory for "
        "existing variants, use inventoryAdjustQuantities."
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
    "OPTION_VALUES_OVER_LIMIT": "Option values count is over the allowed limit.",
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
    "PRODUCT_MEDIA_LIMIT_EXCEEDED": "Exceeded the limit of media per product.",
    "PRODUCT_OPTIONS_INPUT_MISSING": "Must specify product options when updating variants.",
    "PRODUCT_VARIANT_ALREADY_HAS_MEDIA": "Product variant already has attached media.",
    "PRODUCT_VARIANT_DOES_NOT_EXIST": "Product variant does not exist.",
    "PRODUCT_VARIANT_DOES_NOT_EXIST_ON_PRODUCT": "Variant does not exist on the given product.",
    "PRODUCT_VARIANT_ID_MISSING": "Product variant is missing ID attribute.",
    "PRODUCT_VARIANT_SPECIFIED_MULTIPLE_TIMES": "Variant specified in more than one pair.",
    "REFERENCE_TARGET_DOES_NOT_EXIST": "The target resource does not exist.",
    "TOO_MANY_MEDIA_PER_INPUT_PAIR": "Only one mediaId is allowed per variant-media input pair.",
    "TOO_MANY_VARIANTS_CREATED": (
        "The number of option values created with this strategy would exceed the variant limit."
    ),
    "TRACKED_VARIANT_LOCATION_NOT_FOUND": "Quantity could not be set. The location was not found.",
    "UNACCEPTABLE_ASSET": "The file type is not supported.",
    "UNSUPPORTED_FILE_REFERENCE": "The file type is not supported for referencing.",
    "UNSUPPORTED_MEDIA_TYPE_FOR_FILENAME_UPDATE": (
        "Filename update is only supported on Image and GenericFile."
    ),
    "VARIANTS_INPUT_MISSING": "Must specify variants when updating options.",
    "VARIANTS_OVER_LIMIT": "Number of product variants exceeds shop limit.",
    "VARIANT_ALREADY_EXISTS": "Variant already exists.",
    "VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE": (
        "Variant options already exist. Please change the variant option(s)."
    ),
}
