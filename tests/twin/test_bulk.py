"""Bulk operations and staged uploads: shopify-platform.md 5 and the schema's texts and codes."""

import json

import pytest
import requests

RUN = """mutation($query: String!, $grouped: Boolean! = false) {
  bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
    bulkOperation { id status type url } userErrors { field message code } } }"""
READ = """query($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount rootObjectCount
  fileSize url partialDataUrl completedAt query } }"""
CANCEL = """mutation($id: ID!) { bulkOperationCancel(id: $id) {
  bulkOperation { status } userErrors { field message } } }"""
STAGE = """mutation($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url resourceUrl parameters { name value } } userErrors { message } } }"""
RUN_MUTATION = """mutation($mutation: String!, $path: String!, $client: String) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path,
      clientIdentifier: $client) {
    bulkOperation { id status type } userErrors { field message code } } }"""
GOODS = """{ products { edges { node { id title
  variants { edges { node { id sku inventoryItem { tracked } } } } } } } }"""
UPDATE = """mutation call($product: ProductUpdateInput!) { productUpdate(product: $product) {
  product { id title } userErrors { message } } }"""


@pytest.fixture
def late(shop):
    """A shop whose clock stands still: what runs beside all else is waited for at each step."""
    shop.twin.stand_still()
    return shop


def run(shop, query=GOODS, **more):
    return shop.ask(RUN, {"query": query, **more})["data"]["bulkOperationRunQuery"]


def finished(shop, query=GOODS, **more):
    """The operation once it has ended, and its rows."""
    gid = run(shop, query, **more)["bulkOperation"]["id"]
    shop.twin.advance(0)
    return gid, read(shop, gid)


def read(shop, gid):
    return shop.ask(READ, {"id": gid})["data"]["bulkOperation"]


def rows(url):
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_query_ends_in_rows_that_name_their_parents(late):
    late.twin.create(
        late.domain,
        {
            "title": "Cup",
            "option_names": ["Size"],
            "variants": [{"sku": "S", "options": ["S"]}, {"sku": "L", "options": ["L"]}],
        },
    )
    gid, done = finished(late)
    assert (done["status"], done["errorCode"], done["query"]) == ("COMPLETED", None, GOODS)
    found = rows(done["url"])
    products = {row["title"]: row["id"] for row in found if "title" in row}
    assert {(row["sku"], row["__parentId"]) for row in found if "sku" in row} == {
        ("LAMP-1", products["Lamp"]),
        ("S", products["Cup"]),
        ("L", products["Cup"]),
    }
    assert all(row["inventoryItem"] == {"tracked": True} for row in found if "sku" in row)
    assert (done["objectCount"], done["rootObjectCount"]) == ("5", "2")
    size = len(requests.get(done["url"], timeout=10).content)
    assert done["fileSize"] == str(size)
    node = late.ask("query($id: ID!) { node(id: $id) { id __typename } }", {"id": gid})
    assert node["data"]["node"] == {"id": gid, "__typename": "BulkOperation"}


def fill(shop, count):
    for number in range(count):
        shop.twin.create(shop.domain, {"title": f"Cup {number}"})


def test_rows_come_in_no_order_unless_they_are_grouped(late):
    fill(late, 40)
    grouped = rows(finished(late, grouped=True)[1]["url"])
    expected = []
    for row in grouped:
        if "title" in row:
            expected.append(row["id"])
        else:
            assert row["__parentId"] == expected[-1]
    shuffled = rows(finished(late)[1]["url"])
    assert [row["id"] for row in shuffled] != [row["id"] for row in grouped]
    assert {row["id"] for row in shuffled} == {row["id"] for row in grouped}


def test_a_bulk_query_reads_beyond_pages_and_their_cap(late):
    late.twin.settings(late.domain, paging_cap=10)
    fill(late, 120)
    _, done = finished(late, "{ products { edges { node { id } } } }")
    assert done["rootObjectCount"] == "121"
    assert len({row["id"] for row in rows(done["url"])}) == 121


def test_a_search_narrows_a_bulk_query_and_sizes_below_are_ignored(late):
    late.twin.create(late.domain, {"title": "Cup"})
    query = """{ products(query: "title:cup") { edges { node { id title
      variants(first: 1) { edges { node { id } } } } } } }"""
    _, done = finished(late, query)
    assert [row.get("title") for row in rows(done["url"])].count("Cup") == 1
    assert done["objectCount"] == "2"


def test_nothing_found_has_no_address(late):
    _, done = finished(late, '{ products(query: "title:none") { edges { node { id } } } }')
    assert (done["status"], done["url"], done["objectCount"]) == ("COMPLETED", None, "0")


def test_stock_is_read_below_variants_and_items(late):
    query = """{ productVariants { edges { node { id inventoryItem { inventoryLevels {
      edges { node { id quantities(names: ["available"]) { quantity } } } } } } } } }"""
    _, done = finished(late, query)
    found = rows(done["url"])
    level = next(row for row in found if "quantities" in row)
    assert level["quantities"] == [{"quantity": 5}]
    assert level["__parentId"] == late.product["variants"][0]["id"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ shop { id } }", "must contain at least one connection"),
        ("{ products { nodes { id } } }", "Selecting via 'nodes' is not supported"),
        ('{ node(id: "1") { id } }', "cannot contain a top level `node` field"),
        ('{ nodes(ids: ["1"]) { id } }', "cannot contain a top level `nodes` field"),
        ("{ products { edges { node { title variants { edges { node { id } } } } } } }", "'id'"),
        ("{ products { edges { node { id } } } locations { edges { node { id } } } }", "one top"),
        ("mutation { a: productDelete(input: {id: 1}) { deletedProductId } }", "Only `query`"),
        ("{ products { edges { node { colour } } } }", "Invalid bulk query"),
        ("{ products { edges", "Invalid bulk query"),
        ("query($n: Int) { products(first: $n) { edges { node { id } } } }", "variables"),
        (
            """{ productVariants { edges { node { id product { variants { edges { node { id
              product { variants { edges { node { id product { variants { edges { node { id
              } } } } } } } } } } } } } } } }""",
            "nesting depth greater than 2",
        ),
        (
            "{ shop { "
            + " ".join(f"p{n}: products {{ edges {{ node {{ id }} }} }}" for n in range(6))
            + " } }",
            "more than 5 connections",
        ),
    ],
)
def test_what_cannot_be_run_in_bulk_is_refused(shop, query, said):
    refused = run(shop, query)
    assert refused["bulkOperation"] is None
    assert {error["code"] for error in refused["userErrors"]} == {"INVALID"}
    assert any(said in error["message"] for error in refused["userErrors"])


def test_five_queries_run_at_once_and_a_sixth_is_refused(late):
    late.twin.settings(late.domain, bulk_seconds=60.0)
    for _ in range(5):
        assert run(late)["userErrors"] == []
    assert [error["code"] for error in run(late)["userErrors"]] == ["LIMIT_REACHED"]
    late.twin.settings(late.domain, bulk_excess="OPERATION_IN_PROGRESS")
    refused = run(late)["userErrors"]
    assert [(error["code"], error["field"]) for error in refused] == [
        ("OPERATION_IN_PROGRESS", None)
    ]
    late.twin.advance(60)
    assert run(late)["userErrors"] == []


def test_an_operation_goes_from_created_over_running_to_its_end(late, ear):
    late.subscribe(ear.url, "BULK_OPERATIONS_FINISH")
    late.twin.settings(late.domain, bulk_seconds=60.0)
    made = run(late)["bulkOperation"]
    assert (made["status"], made["type"], made["url"]) == ("CREATED", "QUERY", None)
    late.twin.advance(1)
    assert read(late, made["id"])["status"] == "RUNNING"
    late.twin.advance(60)
    done = read(late, made["id"])
    assert done["status"] == "COMPLETED"
    ear.settle(late.twin, 1)
    body = ear.bodies("bulk_operations/finish")[0]
    assert body == {
        "admin_graphql_api_id": made["id"],
        "completed_at": done["completedAt"],
        "created_at": body["created_at"],
        "error_code": None,
        "status": "completed",
        "type": "query",
    }


def test_an_address_lasts_seven_days(late):
    gid, done = finished(late)
    late.twin.advance(7 * 86_400 - 1)
    assert rows(read(late, gid)["url"])
    late.twin.advance(1)
    past = read(late, gid)
    assert (past["status"], past["url"]) == ("EXPIRED", None)
    assert requests.get(done["url"], timeout=10).status_code == 400


def test_a_cancelled_operation_ends_without_rows(late, ear):
    late.subscribe(ear.url, "BULK_OPERATIONS_FINISH")
    late.twin.settings(late.domain, bulk_seconds=60.0)
    gid = run(late)["bulkOperation"]["id"]
    done = late.ask(CANCEL, {"id": gid})["data"]["bulkOperationCancel"]
    assert done == {"bulkOperation": {"status": "CANCELING"}, "userErrors": []}
    late.twin.advance(60)
    ended = read(late, gid)
    assert (ended["status"], ended["url"]) == ("CANCELED", None)
    ear.settle(late.twin, 1)
    assert ear.bodies("bulk_operations/finish")[0]["status"] == "canceled"
    refused = late.ask(CANCEL, {"id": gid})["data"]["bulkOperationCancel"]["userErrors"]
    assert refused == [
        {"field": None, "message": "A bulk operation cannot be canceled when it is canceled"}
    ]
    unknown = late.ask(CANCEL, {"id": "gid://shopify/BulkOperation/1"})["data"]
    assert unknown["bulkOperationCancel"]["userErrors"][0]["field"] == ["id"]


def test_a_failed_operation_leaves_what_it_had(late):
    fill(late, 5)
    late.twin.settings(late.domain, bulk_failure="TIMEOUT", bulk_fails_after=2)
    _, done = finished(late)
    assert (done["status"], done["errorCode"], done["url"]) == ("FAILED", "TIMEOUT", None)
    assert len([row for row in rows(done["partialDataUrl"]) if "title" in row]) == 2


def test_what_the_app_may_not_see_fails_its_bulk_query(late):
    late.token = late.twin.install(late.domain, "probe-app", ["read_inventory"])
    _, done = finished(late)
    assert (done["status"], done["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def test_operations_are_listed_newest_first_and_found(late):
    first, _ = finished(late)
    late.twin.settings(late.domain, bulk_seconds=60.0)
    late.twin.advance(60)
    second = run(late)["bulkOperation"]["id"]
    text = """query($q: String) { bulkOperations(first: 9, query: $q) { nodes { id } }
      currentBulkOperation { id } }"""

    def listed(q=None):
        data = late.ask(text, {"q": q})["data"]
        return [node["id"] for node in data["bulkOperations"]["nodes"]], data

    assert listed()[0] == [second, first]
    assert listed()[1]["currentBulkOperation"] == {"id": second}
    late.twin.advance(1)
    assert listed("status:completed operation_type:query")[0] == [first]
    assert listed("status:running")[0] == [second]


def stage(shop, lines, *, method="POST", name="lines.jsonl"):
    """Upload lines as an app does; returns the path for the operation."""
    given = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": name,
        "mimeType": "text/jsonl",
        "httpMethod": method,
    }
    target = shop.ask(STAGE, {"input": [given]})["data"]["stagedUploadsCreate"]["stagedTargets"][0]
    fields = {each["name"]: each["value"] for each in target["parameters"]}
    content = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    if method == "PUT":
        sent = requests.put(target["url"], content.encode(), timeout=10)
    else:
        sent = requests.post(target["url"], fields, files={"file": content}, timeout=10)
    assert sent.ok, sent.text
    return fields.get("key")


def run_mutation(shop, path, mutation=UPDATE, client=None):
    given = {"mutation": mutation, "path": path, "client": client}
    return shop.ask(RUN_MUTATION, given)["data"]["bulkOperationRunMutation"]


def test_a_mutation_runs_once_for_every_line_of_an_uploaded_file(late, ear):
    cup = late.twin.create(late.domain, {"title": "Cup"})["id"]
    late.subscribe(ear.url, "PRODUCTS_UPDATE", "BULK_OPERATIONS_FINISH")
    lines = [{"product": {"id": late.gid, "title": "Lantern"}}, {"product": {"id": cup}}]
    lines += [{"product": {"id": cup, "title": ""}}, {"product": {"title": 7}}]
    gid = run_mutation(late, stage(late, lines))["bulkOperation"]["id"]
    late.twin.advance(0)
    done = read(late, gid)
    assert (done["status"], done["objectCount"]) == ("COMPLETED", "4")
    answers = {row["__lineNumber"]: row for row in rows(done["url"])}
    assert answers[0]["data"]["productUpdate"]["product"] == {"id": late.gid, "title": "Lantern"}
    assert answers[2]["data"]["productUpdate"]["userErrors"] == [
        {"message": "Title can't be blank"}
    ]
    assert "errors" in answers[3]
    topics = ear.settle(late.twin, 3)
    assert sorted(topics) == ["bulk_operations/finish", "products/update", "products/update"]
    assert ear.bodies("bulk_operations/finish")[0]["type"] == "mutation"
    assert late.product["title"] == "Lantern"


def test_a_product_set_in_bulk_is_always_synchronous(late):
    """Schema text of productSet's argument synchronous."""
    text = """mutation($input: ProductSetInput!) { productSet(input: $input, synchronous: false) {
      product { title } productSetOperation { id } userErrors { message } } }"""
    path = stage(late, [{"input": {"title": "Cup"}}])
    gid = run_mutation(late, path, text)["bulkOperation"]["id"]
    late.twin.advance(0)
    (row,) = rows(read(late, gid)["url"])
    assert row["data"]["productSet"] == {
        "product": {"title": "Cup"},
        "productSetOperation": None,
        "userErrors": [],
    }


def test_a_bulk_mutation_costs_no_points_but_those_of_its_start(late):
    lines = [{"product": {"id": late.gid, "title": f"Lamp {n}"}} for n in range(50)]
    path = stage(late, lines)
    before = late.twin.counters(late.domain)["points"]
    run_mutation(late, path)
    late.twin.advance(0)
    assert late.product["title"].startswith("Lamp ")
    assert late.twin.counters(late.domain)["points"] - before <= 11


@pytest.mark.parametrize(
    ("mutation", "said"),
    [
        ("{ shop { id } }", "Only `mutation`"),
        ("mutation { nonsense { id } }", "Invalid bulk mutation"),
        ('mutation { bulkOperationCancel(id: "1") { bulkOperation { id } } }', "in bulk"),
        (
            """mutation { a: tagsAdd(id: "1", tags: []) { node { id } }
              b: tagsAdd(id: "1", tags: []) { node { id } } }""",
            "exactly one",
        ),
    ],
)
def test_a_mutation_that_cannot_be_run_in_bulk_is_refused(shop, mutation, said):
    refused = run_mutation(shop, stage(shop, [{}]), mutation)["userErrors"][0]
    assert (refused["code"], said in refused["message"]) == ("INVALID_MUTATION", True)


def test_a_file_must_be_there_and_hold_objects(shop):
    assert run_mutation(shop, "tmp/nothing")["userErrors"][0]["code"] == "NO_SUCH_FILE"
    for lines in (["no json"], ["[1]"], []):
        refused = run_mutation(shop, stage(shop, lines))["userErrors"][0]
        assert refused["code"] == "INVALID_STAGED_UPLOAD_FILE"
    short = run_mutation(shop, stage(shop, [{}]), client="short")["userErrors"][0]
    assert short["field"] == ["clientIdentifier"]


def test_five_mutations_run_beside_five_queries(late):
    late.twin.settings(late.domain, bulk_seconds=60.0)
    path = stage(late, [{"product": {"id": late.gid, "title": "Lantern"}}])
    for _ in range(5):
        assert run(late)["userErrors"] == []
        assert run_mutation(late, path)["userErrors"] == []
    assert run_mutation(late, path)["userErrors"][0]["code"] == "LIMIT_REACHED"


def test_a_place_for_an_upload_is_signed(shop):
    assert stage(shop, [{}], method="PUT") is None
    forged = {"key": "tmp/other", "signature": "x"}
    answer = requests.post(f"{shop.url}/staged-uploads", forged, files={"file": "x"}, timeout=10)
    assert answer.status_code == 403


def test_the_log_tells_operations_from_start_to_end(late):
    gid, _ = finished(late)
    told = late.twin.log(kind="bulk", resource=gid)
    assert [(row["status"], row.get("objects")) for row in told] == [
        ("CREATED", None),
        ("COMPLETED", 2),
    ]
