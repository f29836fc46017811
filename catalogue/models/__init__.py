"""The canonical record, its listings in the stores, and the ledgers of what happened to both."""

from catalogue.models.canonical import Override, Product, Variant
from catalogue.models.decisions import Conflict, Issue
from catalogue.models.gates import HeldBatch
from catalogue.models.imports import ImportRow, ImportRun
from catalogue.models.ledger import Change, ChangeDelivery
from catalogue.models.listing import Listing, VariantListing
from catalogue.models.metafields import SyncedMetafield
from catalogue.models.pictures import PictureAddress, PictureContent
from catalogue.models.plans import Plan, PlanEdit, PlanLine
from catalogue.models.rollbacks import Rollback
from catalogue.models.sales import Sale, SaleItem
from catalogue.models.stock import StockMember, StockMovement, StockPool
from catalogue.models.stock_errands import StockCount, StockErrand
from catalogue.models.terms import (
    HighValue,
    NewProductPolicy,
    OwnershipPolicy,
    PriceRule,
    RemovalPolicy,
)

__all__ = [
    "Change",
    "ChangeDelivery",
    "Conflict",
    "HeldBatch",
    "HighValue",
    "ImportRow",
    "ImportRun",
    "Issue",
    "Listing",
    "NewProductPolicy",
    "Override",
    "OwnershipPolicy",
    "PictureAddress",
    "PictureContent",
    "Plan",
    "PlanEdit",
    "PlanLine",
    "PriceRule",
    "Product",
    "RemovalPolicy",
    "Rollback",
    "Sale",
    "SaleItem",
    "StockCount",
    "StockErrand",
    "StockMember",
    "StockMovement",
    "StockPool",
    "SyncedMetafield",
    "Variant",
    "VariantListing",
]
