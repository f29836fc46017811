"""Files and media: processed on the twin's clock, locked, shared (shopify-platform.md 4.6, 10)."""

import pytest
import requests

CREATE = """mutation($files: [FileCreateInput!]!) { fileCreate(files: $files) {
  files { __typename id alt fileStatus ... on MediaImage { image { url } } }
  userErrors { field message code } } }"""
UPDATE = """mutation($files: [FileUpdateInput!]!) { fileUpdate(files: $files) {
  files { id alt fileStatus } userErrors { field message code } } }"""
DELETE = """mutation($ids: [ID!]!) { fileDelete(fileIds: $ids) {
  deletedFileIds userErrors { field message code } } }"""
PRODUCT = """mutation($id: ID!, $media: [CreateMediaInput!]) {
  productUpdate(product: {id: $id}, media: $media) {
    product { media(first: 9) { nodes { id alt status mediaContentType } } }
    userErrors { field message } } }"""
FILE = """query($id: ID!) { node(id: $id) { ... on MediaImage {
  fileStatus alt mimeType image { url width altText } preview { status image { url } }
  fileErrors { code } mediaErrors { code } } } }"""
MUG = "https://pictures.example.com/mug.jpg"


def ask(shop, text, **variables):
    return next(iter(shop.ask(text, variables)["data"].values()))


def codes(payload):
    return [error["code"] for error in payload["userErrors"]]


def file(shop, gid):
    return shop.ask(FILE, {"id": gid})["data"]["node"]


def picture(source=MUG, **more):
    return {"originalSource": source, "mediaContentType": "IMAGE", **more}


@pytest.fixture
def still(shop):
    """A shop whose clock stands; files are ready after a second."""
    shop.twin.stand_still()
    return shop


def upload(shop, *files, ready=True):
    made = ask(shop, CREATE, files=[{"originalSource": MUG, **each} for each in files or ({},)])
    assert made["userErrors"] == []
    if ready:
        shop.twin.advance(1)
    return [each["id"] for each in made["files"]]


def show(shop, *media, ready=True):
    """Give the product these pictures; their ids."""
    made = ask(shop, PRODUCT, id=shop.gid, media=[picture(each) for each in media or (MUG,)])
    assert made["userErrors"] == []
    if ready:
        shop.twin.advance(1)
    return [each["id"] for each in made["product"]["media"]["nodes"]]


def test_a_file_is_uploaded_then_processed_then_ready(still):
    (gid,) = upload(still, {"alt": "A mug"}, ready=False)
    states = [file(still, gid)["fileStatus"]]
    assert file(still, gid)["image"] is None
    for _ in range(2):
        still.twin.advance(0.5)
        states.append(file(still, gid)["fileStatus"])
    assert states == ["UPLOADED", "PROCESSING", "READY"]
    found = file(still, gid)
    assert "/files/mug.jpg?v=" in found["image"]["url"]
    assert (found["image"]["altText"], found["mimeType"]) == ("A mug", "image/jpeg")
    assert found["preview"] == {"status": "READY", "image": {"url": found["image"]["url"]}}


def test_how_long_it_takes_is_a_knob(still):
    still.twin.settings(still.domain, media_seconds=60)
    (gid,) = upload(still)
    still.twin.advance(58)
    assert file(still, gid)["fileStatus"] == "PROCESSING"
    still.twin.advance(1)
    assert file(still, gid)["fileStatus"] == "READY"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("https://nowhere.invalid/mug.jpg", "IMAGE_DOWNLOAD_FAILURE"),
        ("https://cdn.shopify.com/s/files/1/1/files/gone.jpg", "IMAGE_DOWNLOAD_FAILURE"),
        ("https://pictures.example.com/mug.pdf", "UNSUPPORTED_IMAGE_FILE_TYPE"),
    ],
)
def test_what_cannot_be_had_fails_in_the_end(still, source, code):
    (gid,) = upload(still, {"originalSource": source, "contentType": "IMAGE"})
    found = file(still, gid)
    assert (found["fileStatus"], found["image"]) == ("FAILED", None)
    assert found["fileErrors"] == found["mediaErrors"] == [{"code": code}]


def test_processing_fails_by_chance_where_a_knob_says_so(still):
    still.twin.settings(still.domain, media_fails=1.0)
    (gid,) = upload(still)
    assert file(still, gid)["fileErrors"] == [{"code": "IMAGE_PROCESSING_FAILURE"}]


def test_a_picture_of_a_shop_can_be_taken_from_its_address(still):
    (gid,) = upload(still)
    address = file(still, gid)["image"]["url"]
    (copy,) = upload(still, {"originalSource": address})
    assert file(still, copy)["fileStatus"] == "READY"
    ask(still, DELETE, ids=[gid])
    (late,) = upload(still, {"originalSource": address})
    assert file(still, late)["fileStatus"] == "FAILED"


def test_the_same_address_again_is_a_second_file(still):
    """shopify-platform.md 4.6 and 9: APPEND_UUID is the default."""
    first, second = upload(still, {}, {})
    urls = {file(still, gid)["image"]["url"] for gid in (first, second)}
    assert first != second
    assert len(urls) == 2


def test_a_name_that_is_taken_can_be_refused_or_its_content_replaced(still):
    (gid,) = upload(still)
    raised = ask(still, CREATE, files=[{"originalSource": MUG, "duplicateResolutionMode":
                                        "RAISE_ERROR"}])  # fmt: skip
    assert codes(raised) == ["FILENAME_ALREADY_EXISTS"]
    given = {"originalSource": "https://other.example.com/new.jpg", "filename": "mug.jpg"}
    given["duplicateResolutionMode"] = "REPLACE"
    assert upload(still, given) == [gid]
    assert still.twin.state(still.domain)["files"][0]["source"] == given["originalSource"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"originalSource": "mug.jpg"}, "INVALID_IMAGE_SOURCE_URL"),
        ({"alt": "x" * 513}, "ALT_VALUE_LIMIT_EXCEEDED"),
        ({"filename": "mug.png"}, "MISMATCHED_FILENAME_AND_ORIGINAL_SOURCE"),
        ({"duplicateResolutionMode": "REPLACE"}, "MISSING_FILENAME_FOR_DUPLICATE_MODE_REPLACE"),
        ({"originalSource": "https://x.example.com/a.mp4", "filename": "a.mp4",
          "duplicateResolutionMode": "REPLACE"}, "INVALID_DUPLICATE_MODE_FOR_TYPE"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_all_beside_it(still, given, code):
    made = ask(still, CREATE, files=[{"originalSource": MUG}, {"originalSource": MUG, **given}])
    assert codes(made) == [code]
    assert made["userErrors"][0]["field"][:2] == ["files", "1"]
    assert still.twin.state(still.domain)["files"] == []


def test_a_files_kind_follows_from_its_address(still):
    sources = ["a.jpg", "a.mp4", "a.glb", "a.pdf"]
    files = [{"originalSource": f"https://pictures.example.com/{name}"} for name in sources]
    files.append({"originalSource": "https://www.youtube.com/watch?v=1"})
    made = ask(still, CREATE, files=files)["files"]
    assert [each["__typename"] for each in made] == [
        *("MediaImage", "Video", "Model3d", "GenericFile", "ExternalVideo")
    ]


def test_only_a_ready_file_can_be_updated(still):
    (gid,) = upload(still, ready=False)
    assert codes(ask(still, UPDATE, files=[{"id": gid, "alt": "x"}])) == ["NON_READY_STATE"]
    still.twin.advance(1)
    done = ask(still, UPDATE, files=[{"id": gid, "alt": "x"}])
    assert done["files"] == [{"id": gid, "alt": "x", "fileStatus": "READY"}]
    (failed,) = upload(still, {"originalSource": "https://nowhere.invalid/mug.jpg"})
    refused = ask(still, UPDATE, files=[{"id": failed, "alt": "x"}])
    assert codes(refused) == ["INVALID_FAILED_MEDIA_STATE"]


def test_new_content_locks_a_file_and_a_failure_can_be_acknowledged(still):
    (gid,) = upload(still)
    before = file(still, gid)["image"]["url"]
    given = {"id": gid, "originalSource": "https://nowhere.invalid/new.jpg"}
    assert ask(still, UPDATE, files=[given])["files"][0]["fileStatus"] == "PROCESSING"
    assert codes(ask(still, UPDATE, files=[{"id": gid, "alt": "x"}])) == ["FILE_LOCKED"]
    assert codes(ask(still, DELETE, ids=[gid])) == ["FILE_LOCKED"]
    still.twin.advance(1)
    assert file(still, gid)["fileStatus"] == "FAILED"
    text = """mutation($ids: [ID!]!) { fileAcknowledgeUpdateFailed(fileIds: $ids) {
      files { fileStatus fileErrors { code } } userErrors { code } } }"""
    assert ask(still, text, ids=[gid])["files"] == [{"fileStatus": "READY", "fileErrors": []}]
    assert file(still, gid)["image"]["url"] == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"filename": "mug.png"}, "INVALID_FILENAME_EXTENSION"),
        ({"filename": "cup.jpg"}, "FILENAME_ALREADY_EXISTS"),
        ({"originalSource": "mug.jpg"}, "INVALID_IMAGE_SOURCE_URL"),
        ({"referencesToAdd": ["gid://shopify/Product/1"]}, "REFERENCE_TARGET_DOES_NOT_EXIST"),
        ({"id": "gid://shopify/MediaImage/1"}, "FILE_DOES_NOT_EXIST"),
    ],
)
def test_a_bad_change_of_a_file_is_refused(still, change, code):
    gid, _ = upload(still, {}, {"originalSource": "https://pictures.example.com/cup.jpg"})
    assert codes(ask(still, UPDATE, files=[{"id": gid, "alt": "x", **change}])) == [code]
    assert file(still, gid)["alt"] is None


def test_a_document_is_no_medium(still):
    (gid,) = upload(still, {"originalSource": "https://pictures.example.com/a.pdf"})
    refused = ask(still, UPDATE, files=[{"id": gid, "referencesToAdd": [still.gid]}])
    assert codes(refused) == ["UNSUPPORTED_FILE_REFERENCE"]
    refused = ask(still, UPDATE, files=[{"id": gid, "filename": "b.pdf"}])
    assert refused["userErrors"] == []


def test_files_are_paged_and_sorted(still):
    upload(still, {}, {"filename": "a.jpg"})
    query = """query($key: FileSortKeys!, $after: String) {
      files(first: 1, sortKey: $key, after: $after) {
        nodes { ... on MediaImage { image { url } } } pageInfo { endCursor hasNextPage } } }"""
    page = ask(still, query, key="FILENAME")
    assert "/a.jpg?" in page["nodes"][0]["image"]["url"]
    page = ask(still, query, key="FILENAME", after=page["pageInfo"]["endCursor"])
    assert "/mug.jpg?" in page["nodes"][0]["image"]["url"]
    assert not page["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("filename:a.jpg", ["a.jpg"]),
        ("media_type:IMAGE status:READY", ["a.jpg", "mug.jpg"]),
        ("media_type:FILE", ["paper.pdf"]),
        ("mug", ["mug.jpg"]),
        ("updated_at:>'2999-01-01T00:00:00Z'", []),
    ],
)
def test_files_are_searched_by_the_fields_of_the_schema(still, query, names):
    upload(still, {}, {"filename": "a.jpg"}, {"originalSource": "https://x.example.com/paper.pdf"})
    text = """query($query: String) { files(first: 9, query: $query, sortKey: FILENAME) {
      nodes { id } } }"""
    found = [node["id"] for node in ask(still, text, query=query)["nodes"]]
    by_id = {each["id"]: each["filename"] for each in still.twin.state(still.domain)["files"]}
    assert [by_id[gid] for gid in found] == names


STAGE = """mutation($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url resourceUrl } userErrors { message } } }"""


def test_a_staged_upload_is_a_source_once_it_was_filled(still):
    """Schema text of FileCreateInput.originalSource."""
    given = {"resource": "IMAGE", "filename": "mug.jpg", "mimeType": "image/jpeg"}
    targets = ask(still, STAGE, input=[{**given, "httpMethod": "PUT"}] * 2)["stagedTargets"]
    sent = requests.put(targets[0]["url"], b"a picture", timeout=60)
    assert sent.ok, sent.text
    filled, empty = upload(still, *({"originalSource": each["resourceUrl"]} for each in targets))
    assert file(still, filled)["fileStatus"] == "READY"
    assert file(still, empty)["fileErrors"] == [{"code": "INVALID_SIGNED_URL"}]
