"""Checks an order and adds up its total."""


class InvalidOrder(Exception):
    """The order cannot be processed as it is."""


def handler(event, context):
    items = event.get("items")
    if not items:
        raise InvalidOrder("an order needs at least one item")
    for item in items:
        if item["quantity"] < 1:
            raise InvalidOrder(f"{item['sku']}: the quantity must be at least 1")
    total = sum(item["quantity"] * item["price"] for item in items)
    print(f"order {event['orderId']}: {len(items)} items, {total:.2f} in all")
    return {**event, "total": round(total, 2), "valid": True}
