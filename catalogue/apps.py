"""Django's entry to the catalogue app."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Registers the app's handlers with the engine."""

    name = "catalogue"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        """Everything that jobs call by name is known from here on."""
        from catalogue.services.batch_plans import prune_plans  # noqa: PLC0415
        from catalogue.services.comparing import KEEP_LINKS, WALKS, KeepLinks  # noqa: PLC0415
        from catalogue.services.converge import Converge  # noqa: PLC0415  needs the models
        from catalogue.services.creation import CREATE, Create  # noqa: PLC0415
        from catalogue.services.gone import REMOVE  # noqa: PLC0415
        from catalogue.services.imports import any_import, run_imports  # noqa: PLC0415
        from catalogue.services.inbound import ADOPT, InboundItem, InboundProduct  # noqa: PLC0415
        from catalogue.services.looking import LOOK, Look  # noqa: PLC0415
        from catalogue.services.plans import any_plan, run_plans  # noqa: PLC0415
        from catalogue.services.pull import Adopt, Pull  # noqa: PLC0415
        from catalogue.services.removals import Remove  # noqa: PLC0415
        from catalogue.services.rollback import any_rollback, run_rollbacks  # noqa: PLC0415
        from catalogue.services.sales import any_due, run_sales  # noqa: PLC0415
        from catalogue.services.spread import CONVERGE  # noqa: PLC0415
        from catalogue.services.stock.calls import Levels  # noqa: PLC0415
        from catalogue.services.stock.carrying import any_stock, run_stock  # noqa: PLC0415
        from catalogue.services.stock.inbound import InboundLevel  # noqa: PLC0415
        from catalogue.services.stock.pull import STOCK_PULL, StockPull  # noqa: PLC0415
        from catalogue.services.stock.spread import LEVEL  # noqa: PLC0415
        from catalogue.services.walks import PREFIX, Walker  # noqa: PLC0415
        from stores.services.pulls import PULL  # noqa: PLC0415
        from syncqueue.domain.handling import register  # noqa: PLC0415
        from syncqueue.services.prune import register_step  # noqa: PLC0415
        from syncqueue.services.sweep import register_chore  # noqa: PLC0415

        register(CONVERGE, Converge())
        register(CREATE, Create())
        register(REMOVE, Remove())
        register(LOOK, Look())
        register("inbound.product", InboundProduct())
        register("inbound.item", InboundItem())
        register(PULL, Pull())
        register(ADOPT, Adopt())
        for walk in WALKS:
            register(f"{PREFIX}{walk.name}", Walker(walk))
        register(KEEP_LINKS, KeepLinks())
        register("inbound.level", InboundLevel())
        register(LEVEL, Levels())
        register(STOCK_PULL, StockPull())
        register_step("plans", prune_plans)
        register_chore("catalogue.plans", 1.0, run_plans, wanted=any_plan)
        register_chore("catalogue.imports", 1.0, run_imports, wanted=any_import)
        register_chore("catalogue.sales", 1.0, run_sales, wanted=any_due)
        register_chore("catalogue.stock", 1.0, run_stock, wanted=any_stock)
        register_chore("catalogue.rollbacks", 1.0, run_rollbacks, wanted=any_rollback)
