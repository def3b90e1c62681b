"""Shopify's product export and its bulk operations: many rows, one product."""

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from catalog.items import Item
from ingest.feeds.html_text import text_of
from tests.feed_reading import entries, items, write

HEADER = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Variant SKU",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Price",
    "Variant Compare At Price",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Variant Image",
    "Cost per item",
    "Status",
    "Fit (product.metafields.x.fit)",
]
FIRST = {
    "Handle": "wrap-dress",
    "Title": "Wrap dress",
    "Body (HTML)": "<p>Soft &amp; <b>light</b></p><ul><li>Viscose</li></ul>",
    "Vendor": "Ostrelle",
    "Product Category": "Apparel & Accessories > Clothing > Dresses",
    "Type": "",
    "Tags": "summer, new",
    "Published": "true",
    "Option1 Name": "Size",
    "Option1 Value": "S",
    "Option2 Name": "Color",
    "Option2 Value": "Red",
    "Variant SKU": "'OW-1",
    "Variant Inventory Tracker": "shopify",
    "Variant Inventory Qty": "0",
    "Variant Inventory Policy": "deny",
    "Variant Price": "59.00",
    "Variant Compare At Price": "80.00",
    "Image Src": "https://img.example/2.jpg",
    "Image Position": "2",
    "Cost per item": "11.40",
    "Status": "active",
    "Fit (product.metafields.x.fit)": "slim",
}
SECOND = {
    "Handle": "wrap-dress",
    "Option1 Value": "M",
    "Option2 Value": "Blue",
    "Variant SKU": "OW-2",
    "Variant Inventory Tracker": "shopify",
    "Variant Inventory Qty": "3",
    "Variant Inventory Policy": "deny",
    "Variant Price": "49.00",
    "Image Src": "https://img.example/1.jpg",
    "Image Position": "1",
    "Variant Image": "https://img.example/blue.jpg",
}
THIRD = {"Handle": "wrap-dress", "Image Src": "https://img.example/3.jpg", "Image Position": "3"}
OTHER = {
    **FIRST,
    "Handle": "bag",
    "Title": "Bag",
    "Type": "Bags",
    "Option1 Name": "Title",
    "Option1 Value": "Default Title",
    "Option2 Name": "",
    "Option2 Value": "",
    "Variant Inventory Tracker": "",
}
EXPECTED = Item(
    id="wrap-dress",
    title="Wrap dress",
    category="Dresses",
    description="Soft & light\nViscose",
    brand="Ostrelle",
    images=[f"https://img.example/{name}.jpg" for name in ("1", "2", "3", "blue")],
    colour="Red",
    price=49.0,
    in_stock=True,
    attributes={
        "tags": ["summer", "new"],
        "Size": ["S", "M"],
        "Color": ["Red", "Blue"],
        "sku": ["OW-1", "OW-2"],
        "product_category": "Apparel & Accessories > Clothing > Dresses",
        "regular_price": 80.0,
        "Fit (product.metafields.x.fit)": "slim",
    },
)


def export(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_the_rows_of_a_handle_are_one_item(tmp_path: Path) -> None:
    assert items(write(tmp_path / "products.csv", export(FIRST, SECOND, THIRD))) == [EXPECTED]


def test_rows_of_a_handle_need_not_stand_together(tmp_path: Path) -> None:
    dress, bag = items(write(tmp_path / "products.csv", export(FIRST, OTHER, SECOND, THIRD)))
    assert dress == EXPECTED
    assert (bag.id, bag.category, bag.in_stock) == ("bag", "Bags", True), (
        "what is not tracked is never sold out"
    )
    assert not {"Title", "Size", "Color"} & set(bag.attributes)


def test_what_an_item_costs_the_shop_is_nowhere_in_it(tmp_path: Path) -> None:
    assert "11.4" not in str(items(write(tmp_path / "products.csv", export(FIRST)))[0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Status": "draft"}, "has the status 'draft'"),
        ({"Status": "archived"}, "has the status 'archived'"),
        ({"Published": "false"}, "is not published"),
    ],
)
def test_what_is_not_for_sale_is_left_out(tmp_path: Path, change: dict[str, str], said: str) -> None:
    left_out, bag = entries(write(tmp_path / "products.csv", export({**FIRST, **change}, OTHER)))
    assert isinstance(left_out, str) and said in left_out
    assert isinstance(bag, Item)


def test_a_bad_row_is_named_by_lines_and_field(tmp_path: Path) -> None:
    rows = export({**FIRST, "Variant Inventory Qty": "some"}, SECOND, {"Title": "no handle"}, OTHER)
    no_handle, bad, bag = entries(write(tmp_path / "products.csv", rows))
    assert no_handle == "products.csv line 4: Handle (URL handle): is empty [row_malformed]"
    assert bad == "products.csv line 2 to 3: in_stock: 'some' is not a quantity"
    assert isinstance(bag, Item)


P1, V1, V2 = "gid://shopify/Product/1", "gid://shopify/ProductVariant/11", "gid://shopify/ProductVariant/12"
BULK: list[dict[str, Any]] = [
    {
        "id": P1,
        "handle": "wrap-dress",
        "title": "Wrap dress",
        "descriptionHtml": FIRST["Body (HTML)"],
        "vendor": "Ostrelle",
        "productType": "Dresses",
        "tags": ["summer", "new"],
        "status": "ACTIVE",
        "onlineStoreUrl": "https://shop.example/products/wrap-dress",
        "options": [{"name": "Size", "values": ["S", "M"]}],
        "priceRangeV2": {"minVariantPrice": {"amount": "49.0", "currencyCode": "EUR"}},
    },
    {
        "id": V1,
        "sku": "OW-1",
        "price": "59.00",
        "compareAtPrice": "80.00",
        "inventoryQuantity": 0,
        "selectedOptions": [{"name": "Size", "value": "S"}, {"name": "Color", "value": "Red"}],
        "__parentId": P1,
    },
    {
        "id": V2,
        "sku": "OW-2",
        "price": "49.00",
        "inventoryQuantity": 3,
        "selectedOptions": [{"name": "Size", "value": "M"}, {"name": "Color", "value": "Blue"}],
        "image": {"url": "https://img.example/blue.jpg"},
        "__parentId": P1,
    },
    {"id": "gid://shopify/MediaImage/21", "image": {"url": "https://img.example/1.jpg"}, "__parentId": P1},
    {"src": "https://img.example/2.jpg", "__parentId": P1},
    {"namespace": "x", "key": "fit", "value": "slim", "__parentId": V1},
]
FROM_BULK = EXPECTED.model_copy(
    update={
        "images": [f"https://img.example/{name}.jpg" for name in ("1", "2", "blue")],
        "currency": "EUR",
        "url": "https://shop.example/products/wrap-dress",
        "attributes": {
            "tags": ["summer", "new"],
            "fit": "slim",
            "shopify_id": P1,
            "Size": ["S", "M"],
            "Color": ["Red", "Blue"],
            "sku": ["OW-1", "OW-2"],
            "regular_price": 80.0,
        },
    }
)


def lines(*objects: dict[str, Any]) -> bytes:
    return b"\n".join(orjson.dumps(one) for one in objects)


def test_a_product_and_what_is_below_it_are_one_item(tmp_path: Path) -> None:
    assert items(write(tmp_path / "bulk.jsonl", lines(*BULK))) == [FROM_BULK]


def test_what_is_below_a_product_may_stand_anywhere(tmp_path: Path) -> None:
    other = {
        "id": "gid://shopify/Product/2",
        "title": "Bag",
        "featuredImage": {"url": "https://img.example/b.jpg"},
    }
    shuffled = [BULK[5], BULK[1], other, BULK[2], BULK[0], BULK[3], BULK[4]]
    bag, dress = items(write(tmp_path / "bulk.jsonl", lines(*shuffled)))
    assert dress == FROM_BULK
    assert (bag.id, bag.images) == ("2", ["https://img.example/b.jpg"])


def test_what_is_below_nothing_is_named(tmp_path: Path) -> None:
    loop = [{"id": "a", "__parentId": "b"}, {"id": "b", "__parentId": "a"}]
    stray = {"sku": "x", "__parentId": "gid://shopify/Product/9"}
    dress, *bad = entries(write(tmp_path / "bulk.jsonl", lines(*BULK, stray, *loop)))
    assert dress == FROM_BULK
    assert bad == [
        f"bulk.jsonl line {n}: is neither a product nor below one [row_malformed]" for n in (7, 8, 9)
    ]


def test_the_text_of_html_is_what_a_reader_sees() -> None:
    html = "<style>p{}</style><p>A<br>B&nbsp;&eacute;</p><script>x()</script>\n<p>C <i>d</i></p><unclosed <b"
    assert text_of(html).split("\n")[:3] == ["A", "B é", "C d"]


# What Shopify's export calls the same columns since 2025.
RENAMED = {
    "Handle": "URL handle",
    "Body (HTML)": "Description",
    "Product Category": "Product category",
    "Published": "Published on online store",
    "Option1 Name": "Option1 name",
    "Option1 Value": "Option1 value",
    "Option2 Name": "Option2 name",
    "Option2 Value": "Option2 value",
    "Variant SKU": "SKU",
    "Variant Inventory Tracker": "Inventory tracker",
    "Variant Inventory Qty": "Inventory quantity",
    "Variant Inventory Policy": "Continue selling when out of stock",
    "Variant Price": "Price",
    "Variant Compare At Price": "Compare-at price",
    "Image Src": "Product image URL",
    "Image Position": "Image position",
    "Image Alt Text": "Image alt text",
    "Variant Image": "Variant image URL",
}


def test_an_export_with_the_columns_of_2025_gives_the_same_item(tmp_path: Path) -> None:
    header, *rows = csv.reader(io.StringIO(export(FIRST, SECOND, THIRD).decode()))
    text = io.StringIO()
    csv.writer(text).writerows([[RENAMED.get(name, name) for name in header], *rows])
    assert items(write(tmp_path / "products.csv", text.getvalue())) == [EXPECTED]


def test_what_an_item_costs_is_left_out_under_the_new_names_too(tmp_path: Path) -> None:
    row = "URL handle,Title,Product image URL,Price,Cost per item,Weight value (grams),Charge tax\n"
    found = items(write(tmp_path / "p.csv", row + "bag,Bag,https://img.example/1.jpg,9.50,4.20,300,true\n"))
    assert (found[0].price, found[0].attributes) == (9.5, {})


def test_a_plain_table_with_an_address_of_each_product_is_no_export(tmp_path: Path) -> None:
    text = "id,title,category,image,url handle,price\n1,Bag,bags,i.jpg,bag,5\n"
    assert items(write(tmp_path / "p.csv", text))[0].attributes == {"url handle": "bag"}
