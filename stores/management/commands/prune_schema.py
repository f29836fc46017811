"""Cut Shopify's introspection down to the schema that this project carries."""

import gzip
import json
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from graphql import (
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    lexicographic_sort_schema,
    parse,
    print_schema,
    visit,
)
from graphql.language import FieldNode

from stores.shopify.documents import FOLDER
from stores.shopify.schema import SDL_PATH

QUERIES = """
    shop shopLocales currentAppInstallation app appInstallation node nodes job publicApiVersions
    product products productsCount productByIdentifier productByHandle productOperation
    productVariant productVariants productVariantsCount productVariantByIdentifier files
    metafieldDefinition metafieldDefinitions metafieldDefinitionTypes
    inventoryItem inventoryItems inventoryLevel inventoryProperties
    location locations locationsCount locationByIdentifier order orders ordersCount
    publication publications publicationsCount channel channels
    bulkOperation bulkOperations currentBulkOperation
    webhookSubscription webhookSubscriptions webhookSubscriptionsCount
"""
MUTATIONS = """
    productCreate productUpdate productDelete productSet productDuplicate
    productOptionsCreate productOptionUpdate productOptionsDelete productOptionsReorder
    productVariantsBulkCreate productVariantsBulkUpdate productVariantsBulkDelete
    productVariantsBulkReorder productVariantAppendMedia productVariantDetachMedia
    productCreateMedia productUpdateMedia productDeleteMedia productReorderMedia
    fileCreate fileUpdate fileDelete fileAcknowledgeUpdateFailed tagsAdd tagsRemove
    metafieldsSet metafieldsDelete metafieldDefinitionCreate metafieldDefinitionUpdate
    metafieldDefinitionDelete metafieldDefinitionPin metafieldDefinitionUnpin
    inventorySetQuantities inventoryAdjustQuantities inventoryMoveQuantities
    inventorySetOnHandQuantities inventoryActivate inventoryDeactivate
    inventoryBulkToggleActivation inventoryItemUpdate
    locationAdd locationEdit locationActivate locationDeactivate locationDelete
    publishablePublish publishableUnpublish publicationCreate publicationUpdate publicationDelete
    bulkOperationRunQuery bulkOperationRunMutation bulkOperationCancel stagedUploadsCreate
    webhookSubscriptionCreate webhookSubscriptionUpdate webhookSubscriptionDelete
    appUninstall appRevokeAccessScopes
"""
TYPES = """
    AccessScope ApiVersion App AppInstallation BulkOperation Channel Count
    CountryHarmonizedSystemCode DisplayableError Domain EditableProperty ExternalVideo File
    FileError GenericFile HasCompareDigest HasMetafields Image InventoryAdjustmentGroup
    InventoryChange InventoryItem InventoryItemMeasurement InventoryLevel InventoryProperties
    InventoryQuantity InventoryQuantityName Job LegacyInteroperability LineItem Location
    LocationAddress Media MediaError MediaImage MediaImageOriginalSource MediaPreviewImage
    MediaWarning Metafield MetafieldAccess MetafieldCapabilities
    MetafieldCapabilityAdminFilterable MetafieldCapabilityAnalyticsQueryable
    MetafieldCapabilityCartToOrderCopyable MetafieldCapabilitySmartCollectionCondition
    MetafieldCapabilityUniqueValues MetafieldDefinition MetafieldDefinitionIdentifier
    MetafieldDefinitionSupportedValidation MetafieldDefinitionType MetafieldDefinitionValidation
    MetafieldIdentifier MetafieldReference Model3d MoneyBag MoneyV2 Node Order PageInfo Product
    ProductCompareAtPriceRange ProductDeleteOperation ProductDuplicateOperation ProductOperation
    ProductOption ProductOptionValue ProductPriceRangeV2 ProductSetOperation ProductVariant
    Publication Publishable ResourcePublication ResourcePublicationV2 SEO SelectedOption Shop
    ShopLocale ShopPlan ShopResourceLimits StagedMediaUploadTarget StagedUploadParameter
    TaxonomyCategory UnitPriceMeasurement Video VideoSource WebhookSubscription
    WebhookSubscriptionMetafieldIdentifier Weight
"""
ROOT_FIELDS = {"QueryRoot": frozenset(QUERIES.split()), "Mutation": frozenset(MUTATIONS.split())}
Touched = dict[str, set[str]]


class Command(BaseCommand):
    """Write the schema's file from an introspection result.

    Kept are: the root fields listed here and those that our documents use; the types they
    return; the types of TYPES, each with its connection and edge; the error types of mutations.
    Of a kept type stay the fields that return a scalar, an enum or a kept type, and every field
    that a document touches; of an interface or a union the kept members. Arguments stay whole,
    with all inputs, enums and scalars they need. Descriptions go. The same input always gives
    the same file.
    """

    help = "Write the pruned schema from Shopify's introspection (a .json or .json.gz file)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("introspection", type=Path)

    def handle(self, *, introspection: Path, **_: Any) -> None:
        opener = gzip.open if introspection.suffix == ".gz" else open
        with opener(introspection, "rt", encoding="utf-8") as file:
            found = json.load(file)
        texts = [path.read_text("utf-8") for path in sorted(FOLDER.glob("*.graphql"))]
        sdl = pruned(found.get("data", found), texts)
        SDL_PATH.write_text(sdl, "utf-8")
        self.stdout.write(f"{SDL_PATH.name}: {sdl.count(chr(10))} lines")


def pruned(introspection: Any, documents: Iterable[str]) -> str:
    """The SDL of what is kept."""
    touched = _touched(build_client_schema(introspection), documents)
    schema = _without_texts(introspection["__schema"])
    types = {each["name"]: each for each in schema["types"]}
    kept = _kept_outputs(types, touched)
    for name in kept & types.keys():
        _prune_fields(types[name], kept, types, touched[name])
    names = _with_arguments(types, kept)
    schema["types"] = [each for each in schema["types"] if each["name"] in names]
    schema["directives"] = [each for each in schema["directives"] if each["name"] == "idempotent"]
    return print_schema(lexicographic_sort_schema(build_client_schema({"__schema": schema}))) + "\n"


def _touched(schema: GraphQLSchema, documents: Iterable[str]) -> Touched:
    """The fields that documents select, by the type that they are selected on."""
    touched: Touched = defaultdict(set)
    info = TypeInfo(schema)

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = info.get_parent_type()
            if parent is not None:
                touched[parent.name].add(node.name.value)
            if (returned := info.get_type()) is not None:
                touched.setdefault(get_named_type(returned).name, set())

    visit(parse("\n".join(documents)), TypeInfoVisitor(info, Collect()))
    for root, fields in ROOT_FIELDS.items():
        touched[root] |= fields
    return touched


def _without_texts(value: Any) -> Any:
    """The same JSON without descriptions; a deprecation keeps its mark and loses its reason."""
    if isinstance(value, list):
        return [_without_texts(each) for each in value]
    if not isinstance(value, dict):
        return value
    bare = {key: _without_texts(each) for key, each in value.items() if key != "description"}
    if bare.get("deprecationReason"):
        bare["deprecationReason"] = "No longer supported"
    return bare


def _kept_outputs(types: Mapping[str, Any], touched: Touched) -> frozenset[str]:
    kept = set(TYPES.split()) | touched.keys()
    for root, names in ROOT_FIELDS.items():
        returned = (_named(f["type"]) for f in types[root]["fields"] if f["name"] in names)
        kept.update(returned)
    payloads = [name for name in kept if name.endswith("Payload")]
    for payload in payloads:
        returned = (_named(field["type"]) for field in types[payload]["fields"])
        kept.update(name for name in returned if name.endswith("Error"))
    kept.update(f"{name}{part}" for name in tuple(kept) for part in ("Connection", "Edge"))
    return frozenset(kept)


def _prune_fields(
    found: dict[str, Any], kept: frozenset[str], types: Mapping[str, Any], touched: set[str]
) -> None:
    """Cut one type in place; the two root types keep only what was listed or is used."""
    if found["possibleTypes"]:
        found["possibleTypes"] = [each for each in found["possibleTypes"] if each["name"] in kept]
    if found["kind"] not in {"OBJECT", "INTERFACE"}:
        return
    only_touched = found["name"] in ROOT_FIELDS

    def stays(field: Mapping[str, Any]) -> bool:
        if field["name"] in touched or only_touched:
            return field["name"] in touched
        returned = _named(field["type"])
        return returned in kept or types[returned]["kind"] in {"SCALAR", "ENUM"}

    found["fields"] = [field for field in found["fields"] if stays(field)]
    found["interfaces"] = [each for each in found["interfaces"] if each["name"] in kept]


def _with_arguments(types: Mapping[str, Any], kept: frozenset[str]) -> set[str]:
    """What is kept, and every leaf and input that it reaches."""
    waiting = [name for name in kept if name in types]
    names: set[str] = {"String", "Boolean", "Int", "Float", "ID"}
    while waiting:
        name = waiting.pop()
        if name in names or name.startswith("__"):
            continue
        names.add(name)
        for field in types[name]["fields"] or []:
            waiting += [_named(field["type"]), *(_named(arg["type"]) for arg in field["args"])]
        waiting += [_named(field["type"]) for field in types[name]["inputFields"] or []]
    return names


def _named(ref: Mapping[str, Any]) -> str:
    while ref["ofType"]:
        ref = ref["ofType"]
    name: str = ref["name"]
    return name
