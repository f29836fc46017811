"""What products and variants show, and what webhooks tell of it (shopify-platform.md 3.4, 3.6)."""

import pytest

from tests.twin.test_files import MUG, UPDATE, ask, codes, file, picture, show, still, upload

APPEND = """mutation($id: ID!, $pairs: [ProductVariantAppendMediaInput!]!) {
  productVariantAppendMedia(productId: $id, variantMedia: $pairs) {
    productVariants { id media(first: 2) { nodes { id } } image { url } }
    userErrors { field message code } } }"""
DETACH = APPEND.replace("AppendMedia", "DetachMedia")
REORDER = """mutation($id: ID!, $moves: [MoveInput!]!) {
  productReorderMedia(id: $id, moves: $moves) {
    job { id done } mediaUserErrors { field code } userErrors { field message } } }"""
MEDIA = """query($id: ID!) { product(id: $id) { mediaCount { count }
  featuredMedia { id } media(first: 9) { nodes { id alt status } }
  images(first: 9) { nodes { url } } } }"""
__all__ = ["still"]


def media(shop):
    return [each["id"] for each in shop.product["media"]]


def test_a_product_shows_its_media_in_order(still):
    first, second = show(still, MUG, "https://pictures.example.com/cup.jpg")
    found = still.ask(MEDIA, {"id": still.gid})["data"]["product"]
    assert [each["id"] for each in found["media"]["nodes"]] == [first, second]
    assert found["mediaCount"] == {"count": 2}
    assert found["featuredMedia"] == {"id": first}
    assert len(found["images"]["nodes"]) == 2


def test_a_webhook_shows_pictures_only_once_they_are_ready(still, ear):
    still.subscribe(ear.url, "PRODUCTS_UPDATE")
    (gid,) = show(still, ready=False)
    ear.settle(still.twin, 1)
    still.twin.advance(1)
    ear.settle(still.twin, 2)
    before, after = ear.bodies("products/update")
    assert (before["images"], before["image"], before["media"]) == ([], None, [])
    assert after["images"][0]["src"] == file(still, gid)["image"]["url"]
    assert after["images"][0]["admin_graphql_api_id"] == after["media"][0]["admin_graphql_api_id"]
    assert after["image"] == after["images"][0]
    assert after["media"][0]["status"] == "READY"
    assert before["updated_at"] < after["updated_at"]


def test_a_new_product_comes_with_media(still):
    text = """mutation($media: [CreateMediaInput!]) {
      productCreate(product: {title: "Cup"}, media: $media) {
        product { media(first: 2) { nodes { alt status } } } userErrors { field message } } }"""
    made = ask(still, text, media=[picture(alt="A cup")])
    assert made["product"]["media"]["nodes"] == [{"alt": "A cup", "status": "UPLOADED"}]
    refused = ask(still, text, media=[picture("cup.jpg")])
    assert refused["userErrors"][0]["field"] == ["media", "0", "originalSource"]
    assert len(still.twin.state(still.domain)["products"]) == 2


def test_alt_text_is_a_true_edit_and_updates_the_product(still, ear):
    (gid,) = show(still)
    still.subscribe(ear.url, "PRODUCTS_UPDATE")
    ask(still, UPDATE, files=[{"id": gid, "alt": "A mug"}])
    ear.settle(still.twin, 1)
    assert ear.bodies("products/update")[0]["images"][0]["alt"] == "A mug"
    edit = still.twin.log(kind="edit", resource=gid, attribute="alt")[0]
    assert (edit["old"], edit["new"], edit["by"]) == (None, "A mug", "app")


def test_a_file_nobody_shows_is_nobodys_webhook(still, ear):
    """No topic tells of files (shopify-platform.md 3.4)."""
    still.subscribe(ear.url, "PRODUCTS_UPDATE", "PRODUCTS_CREATE")
    (gid,) = upload(still)
    ask(still, UPDATE, files=[{"id": gid, "alt": "A mug"}])
    assert still.twin.is_quiet()
    assert ear.heard == []


def test_references_put_a_file_into_a_product_and_take_it_out(still):
    """Schema text of fileUpdate: taken out it is cleared from the product's variants too."""
    (gid,) = upload(still)
    assert ask(still, UPDATE, files=[{"id": gid, "referencesToAdd": [still.gid]}])["files"]
    assert media(still) == [gid]
    variant = still.product["variants"][0]["id"]
    ask(still, APPEND, id=still.gid, pairs=[{"variantId": variant, "mediaIds": [gid]}])
    assert still.product["variants"][0]["media"] == gid
    since = still.twin.log()[-1]["seq"]
    ask(still, UPDATE, files=[{"id": gid, "referencesToRemove": [still.gid]}])
    assert media(still) == []
    assert still.product["variants"][0]["media"] is None
    assert [each["id"] for each in still.twin.state(still.domain)["files"]] == [gid]
    edits = {each["resource"]: each for each in still.twin.log(since=since, attribute="media")}
    assert (edits[still.gid]["old"], edits[still.gid]["new"]) == ([gid], [])
    assert (edits[variant]["old"], edits[variant]["new"]) == (gid, None)


def test_a_deleted_file_leaves_every_product(still):
    first, second = show(still, MUG, "https://pictures.example.com/cup.jpg")
    still.twin.delete_files(still.domain, first)
    assert media(still) == [second]
    assert still.ask(f'{{ node(id: "{first}") {{ id }} }}')["data"]["node"] is None


def test_a_product_that_goes_leaves_its_files(still):
    (gid,) = show(still)
    still.twin.delete(still.domain, still.gid)
    assert still.twin.state(still.domain)["files"][0]["id"] == gid
    assert file(still, gid)["fileStatus"] == "READY"


def test_media_are_reordered_by_a_job(still, ear):
    """Schema text of MoveInput: places count from 0 and each move sees the ones before it."""
    a, b, c = show(still, *(f"https://pictures.example.com/{name}.jpg" for name in "abc"))
    still.subscribe(ear.url, "PRODUCTS_UPDATE")
    moves = [{"id": a, "newPosition": "9"}, {"id": c, "newPosition": "0"}]
    job = ask(still, REORDER, id=still.gid, moves=moves)["job"]
    assert not job["done"]
    assert media(still) == [a, b, c]
    still.twin.advance(1)
    assert still.ask(f'{{ job(id: "{job["id"]}") {{ done }} }}')["data"]["job"] == {"done": True}
    assert media(still) == [c, b, a]
    ear.settle(still.twin, 1)
    assert [each["position"] for each in ear.bodies("products/update")[0]["media"]] == [1, 2, 3]


def test_a_move_of_a_stranger_is_refused(still):
    (gid,) = upload(still)
    refused = ask(still, REORDER, id=still.gid, moves=[{"id": gid, "newPosition": "0"}])
    assert refused["job"] is None
    assert refused["mediaUserErrors"][0]["code"] == "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"
    assert refused["userErrors"] == [
        {"field": ["moves", "0"], "message": "Media does not exist on the given product."}
    ]


def test_a_variant_shows_one_medium_of_its_product(still, ear):
    first, second = show(still, MUG, "https://pictures.example.com/cup.jpg")
    variant = still.product["variants"][0]["id"]
    still.subscribe(ear.url, "PRODUCTS_UPDATE")
    pairs = [{"variantId": variant, "mediaIds": [first]}]
    done = ask(still, APPEND, id=still.gid, pairs=pairs)["productVariants"][0]
    assert done["media"]["nodes"] == [{"id": first}]
    ear.settle(still.twin, 1)
    body = ear.bodies("products/update")[0]
    assert body["variants"][0]["image_id"] == body["images"][0]["id"]
    assert body["images"][0]["variant_ids"] == [body["variants"][0]["id"]]
    again = [{"variantId": variant, "mediaIds": [second]}]
    assert codes(ask(still, APPEND, id=still.gid, pairs=again)) == [
        "PRODUCT_VARIANT_ALREADY_HAS_MEDIA"
    ]
    assert codes(ask(still, DETACH, id=still.gid, pairs=again)) == [
        "MEDIA_IS_NOT_ATTACHED_TO_VARIANT"
    ]
    assert ask(still, DETACH, id=still.gid, pairs=pairs)["userErrors"] == []
    assert still.product["variants"][0]["media"] is None


def test_bad_pairs_are_refused(still):
    first, second = show(still, MUG, "https://pictures.example.com/cup.jpg")
    (stranger,) = upload(still)
    (raw,) = show(still, "https://pictures.example.com/raw.jpg", ready=False)[2:]
    variant = still.product["variants"][0]["id"]
    for gids, owner, code in [
        ([first, second], variant, "TOO_MANY_MEDIA_PER_INPUT_PAIR"),
        ([first], "gid://shopify/ProductVariant/1", "PRODUCT_VARIANT_DOES_NOT_EXIST_ON_PRODUCT"),
        ([stranger], variant, "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"),
        ([raw], variant, "NON_READY_MEDIA"),
    ]:
        pairs = [{"variantId": owner, "mediaIds": gids}]
        assert codes(ask(still, APPEND, id=still.gid, pairs=pairs)) == [code]
    twice = [{"variantId": variant, "mediaIds": [gid]} for gid in (first, second)]
    assert codes(ask(still, APPEND, id=still.gid, pairs=twice)) == [
        "PRODUCT_VARIANT_SPECIFIED_MULTIPLE_TIMES"
    ]


def test_variants_bring_pictures_by_address_or_id(still):
    text = """mutation($id: ID!, $variants: [ProductVariantsBulkInput!]!,
        $media: [CreateMediaInput!]) {
      productVariantsBulkUpdate(productId: $id, variants: $variants, media: $media) {
        userErrors { field code } } }"""
    variant = {"id": still.product["variants"][0]["id"]}
    given = {"variants": [{**variant, "mediaSrc": [MUG]}], "media": [picture()]}
    assert ask(still, text, id=still.gid, **given)["userErrors"] == []
    assert still.product["variants"][0]["media"] == media(still)[0]
    cup = "https://pictures.example.com/cup.jpg"
    ask(still, text, id=still.gid, variants=[{**variant, "mediaSrc": [cup]}])
    assert [each["source"] for each in still.product["media"]] == [MUG, cup]
    ask(still, text, id=still.gid, variants=[{**variant, "mediaId": media(still)[0]}])
    assert still.product["variants"][0]["media"] == media(still)[0]
    stranger = {**variant, "mediaId": "gid://shopify/MediaImage/1"}
    refused = ask(still, text, id=still.gid, variants=[stranger])
    assert refused["userErrors"] == [
        {"field": ["variants", "0", "mediaId"], "code": "INVALID_INPUT"}
    ]


def test_a_product_has_at_most_250_media(still):
    """shopify-platform.md 4.4."""
    show(still, *(f"https://pictures.example.com/{number}.jpg" for number in range(250)))
    refused = ask(
        still,
        """mutation($id: ID!, $media: [CreateMediaInput!]) {
          productUpdate(product: {id: $id}, media: $media) {
            product { id } userErrors { field message } } }""",
        id=still.gid,
        media=[picture()],
    )
    assert refused["userErrors"] == [
        {"field": ["media"], "message": "Exceeded the limit of media per product."}
    ]


def test_the_deprecated_mutations_of_media_still_work(still):
    """shopify-platform.md 4.6: deprecated, yet in the schema of 2026-10."""
    create = """mutation($id: ID!, $media: [CreateMediaInput!]!) {
      productCreateMedia(productId: $id, media: $media) {
        media { id } mediaUserErrors { code } } }"""
    (made,) = ask(still, create, id=still.gid, media=[picture()])["media"]
    still.twin.advance(1)
    update = """mutation($id: ID!, $media: [UpdateMediaInput!]!) {
      productUpdateMedia(productId: $id, media: $media) {
        media { alt } mediaUserErrors { code } } }"""
    given = [{"id": made["id"], "alt": "A mug"}]
    assert ask(still, update, id=still.gid, media=given)["media"] == [{"alt": "A mug"}]
    delete = """mutation($id: ID!, $ids: [ID!]!) {
      productDeleteMedia(productId: $id, mediaIds: $ids) {
        deletedMediaIds mediaUserErrors { code } } }"""
    assert ask(still, delete, id=still.gid, ids=[made["id"]])["deletedMediaIds"] == [made["id"]]
    gone = ask(still, delete, id=still.gid, ids=[made["id"]])
    assert gone["mediaUserErrors"] == [{"code": "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"}]


@pytest.mark.parametrize("by", ["app", "merchant"])
def test_the_log_knows_who_showed_what_and_that_shopify_processed_it(still, by):
    if by == "app":
        (gid,) = show(still)
    else:
        gid = still.twin.add_media(still.domain, still.gid, picture())["media"][0]["id"]
        still.twin.advance(1)
    shown = still.twin.log(kind="edit", attribute="media")[0]
    assert (shown["new"], shown["by"]) == ([gid], by)
    processed = still.twin.log(kind="edit", resource=gid, attribute="status")
    assert [(each["new"], each["by"]) for each in processed] == [
        ("PROCESSING", "shopify"),
        ("READY", "shopify"),
    ]
