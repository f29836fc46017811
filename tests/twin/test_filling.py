"""Many goods at once, for benchmarks."""


def test_a_shop_is_filled_with_plain_goods_that_differ(twin):
    twin.add_shop("big.myshopify.com", plan="plus")
    twin.fill("big.myshopify.com", 7)
    twin.fill("big.myshopify.com", 2)
    products = twin.state("big.myshopify.com")["products"]
    assert len({each["title"] for each in products}) == 9
    assert {len(each["variants"]) for each in products} == {1, 2, 3}
    skus = [variant["sku"] for each in products for variant in each["variants"]]
    assert len(skus) == len(set(skus)) == 18
